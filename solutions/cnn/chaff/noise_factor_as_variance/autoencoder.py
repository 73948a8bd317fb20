"""Wrong: `add_noise` takes `noise_factor` for the variance.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).standard_normal(images.shape)
    return np.clip(images + noise_factor**0.5 * noise, 0.0, 1.0).astype("float32")
