"""Wrong: interpolate runs the generator in training mode.

Fails: interpolation_is_a_line
"""


def interpolate(generator, start, end, count):
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=True).numpy()
