"""Wrong: sample draws uniform noise from 0 to 1.

Fails: sample_draws_noise
"""


def sample(generator, count, seed):
    noise = np.random.default_rng(seed).uniform(size=(count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=False).numpy()
