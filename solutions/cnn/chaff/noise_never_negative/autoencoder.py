"""Wrong: `add_noise` draws numbers from 0 to 1, so that images only get darker.

`rand` in place of `randn`, one letter.

Fails: noise_has_the_stated_strength, noise_is_clipped
"""


def add_noise(images, noise_factor, seed):
    noise = np.random.default_rng(seed).random(images.shape)
    return np.clip(images + noise_factor * noise, 0.0, 1.0).astype("float32")
