"""Wrong: sample always draws the same noise.

Fails: sample_draws_noise
"""


def sample(generator, count, seed):
    noise = np.random.default_rng(0).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()
