"""Wrong: `generate` returns the start as well.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    one_hot = np.eye(model.input_shape[-1])
    letters = list(start)
    for k in range(len(start) + length - 1):
        p = model(one_hot[letters[k]][None, None, :], training=False)
        if k >= len(start) - 1:
            letters.append(int(np.argmax(p)))
    return letters
