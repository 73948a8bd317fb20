"""Wrong: `add_noise` draws from NumPy's global source, and leaves the seed unused.

Fails: noise_follows_its_seed
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.normal(size=images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")
