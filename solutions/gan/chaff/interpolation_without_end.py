"""Wrong: interpolate stops one step before the end.

Fails: interpolation_is_a_line
"""


def interpolate(generator, start, end, count):
    way = np.linspace(0, 1, count, endpoint=False)[:, np.newaxis]
    noise = (1 - way) * start + way * end
    return generator(noise.astype("float32"), training=False).numpy()
