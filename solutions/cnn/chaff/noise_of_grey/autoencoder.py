"""Wrong: `add_noise` draws one number for all channels of a pixel.

Fails: noise_has_the_stated_strength
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).standard_normal((*images.shape[:3], 1))
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")
