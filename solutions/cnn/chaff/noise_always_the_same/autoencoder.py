"""Wrong: `add_noise` uses a seed of its own.

Fails: noise_follows_its_seed
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(0).standard_normal(images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")
