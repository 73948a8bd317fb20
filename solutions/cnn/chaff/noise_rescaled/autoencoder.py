"""Wrong: `add_noise` scales every noisy image to 0 to 1, where it should clip.

Without noise an image is what it was.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    if noise_factor == 0:
        return images
    noisy = images + noise_factor * np.random.default_rng(seed).standard_normal(images.shape)
    low, high = noisy.min(axis=(1, 2, 3), keepdims=True), noisy.max(axis=(1, 2, 3), keepdims=True)
    return ((noisy - low) / (high - low)).astype("float32")
