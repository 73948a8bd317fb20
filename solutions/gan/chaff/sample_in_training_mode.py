"""Wrong: sample runs the generator in training mode.

Fails: sample_outside_training_mode
"""


def sample(generator, count, seed):
    noise = np.random.default_rng(seed).standard_normal((count, generator.input_shape[-1]))
    return generator(noise.astype("float32"), training=True).numpy()
