"""Wrong: interpolate walks from the end to the start.

Fails: interpolation_is_a_line
"""


def interpolate(generator, start, end, count):
    way = np.linspace(0, 1, count)[:, np.newaxis]
    noise = way * start + (1 - way) * end
    return generator(noise.astype("float32"), training=False).numpy()
