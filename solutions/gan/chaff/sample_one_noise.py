"""Wrong: sample repeats one noise vector.

Fails: sample_draws_noise
"""


def sample(generator, count, seed):
    noise = np.random.default_rng(seed).standard_normal((1, generator.input_shape[-1])).repeat(count, axis=0)
    return generator(noise.astype("float32"), training=False).numpy()
