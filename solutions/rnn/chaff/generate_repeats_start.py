"""Wrong: `generate` gives the last letter of the start to the network again and again.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1], dtype="float32")
    for letter in start[:-1]:
        model(eye[letter].reshape(1, 1, -1), training=False)
    x = eye[start[-1]].reshape(1, 1, -1)
    result = []
    for _ in range(length):
        probabilities = model(x, training=False)
        result.append(int(np.argmax(probabilities)))
    return result
