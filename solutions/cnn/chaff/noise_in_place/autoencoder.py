"""Wrong: `add_noise` writes the noise into the images that it was given.

Fails: add_noise_example
"""


def add_noise(images, noise_factor, seed):
    images += noise_factor * np.random.default_rng(seed).standard_normal(images.shape)
    np.clip(images, 0.0, 1.0, out=images)
    return images
