"""Wrong: the noise of `add_noise` is uniform, with the right standard deviation.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).uniform(-(3**0.5), 3**0.5, images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")
