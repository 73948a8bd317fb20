"""Wrong: interpolate fades from the first image to the last.

Fails: interpolation_is_a_line
"""


def interpolate(generator, start, end, count):
    way = np.linspace(0, 1, count)[:, np.newaxis]
    ends = generator(np.stack([start, end]).astype("float32"), training=False).numpy()
    way = way.reshape(-1, *[1] * (ends.ndim - 1))
    return (1 - way) * ends[0] + way * ends[1]
