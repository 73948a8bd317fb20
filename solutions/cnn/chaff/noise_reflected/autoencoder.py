"""Wrong: `add_noise` takes the size of what is negative, where it should set it to 0.

Fails: noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).standard_normal(images.shape)
    return np.minimum(np.abs(images + noise_factor * noise), 1.0).astype("float32")
