"""Wrong: `generate` does not reset the state before it reads the start.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    one_hot = np.eye(model.input_shape[-1])
    for letter in start:
        p = model(one_hot[letter].reshape(1, 1, -1), training=False)
    letters = [int(np.argmax(p))]
    for _ in range(length - 1):
        p = model(one_hot[letters[-1]].reshape(1, 1, -1), training=False)
        letters.append(int(np.argmax(p)))
    return letters
