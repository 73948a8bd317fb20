"""Wrong: `generate` feeds back the probabilities, and not the letter that it chose.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    for letter in start:
        x = model(eye[letter].reshape(1, 1, -1), training=False)
    result = [int(np.argmax(x))]
    for _ in range(length - 1):
        x = model(x, training=False)
        result.append(int(np.argmax(x)))
    return result
