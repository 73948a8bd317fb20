"""Wrong: `generate` reads only the last letter of the start.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    one_hot = np.eye(model.input_shape[-1], dtype="float32")
    letter = start[-1]
    result = []
    for _ in range(length):
        probabilities = model(one_hot[[[letter]]], training=False)
        letter = int(np.argmax(probabilities[0, 0]))
        result.append(letter)
    return result
