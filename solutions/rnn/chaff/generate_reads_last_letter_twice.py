"""Wrong: `generate` reads the last letter of the start twice.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    for letter in start:
        model(one_hot[[[letter]]], training=False)
    letters = [start[-1]]
    for _ in range(length):
        p = model(one_hot[[[letters[-1]]]], training=False)
        letters.append(int(np.argmax(p)))
    return letters[1:]
