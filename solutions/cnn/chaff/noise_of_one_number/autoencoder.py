"""Wrong: `add_noise` draws one number for each image: all of it gets darker or lighter.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).standard_normal((len(images), 1, 1, 1))
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")
