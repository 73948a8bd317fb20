"""Wrong: `add_noise` multiplies with the noise, so that paper stays white.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).standard_normal(images.shape)
    return np.clip(images * (1 + noise_factor * noise), 0.0, 1.0).astype("float32")
