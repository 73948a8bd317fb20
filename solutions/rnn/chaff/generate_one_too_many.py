"""Wrong: `generate` returns one letter too many.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1])
    for letter in start:
        p = model(eye[letter].reshape(1, 1, -1), training=False)
    result = [int(np.argmax(p))]
    for _ in range(length):
        p = model(eye[result[-1]].reshape(1, 1, -1), training=False)
        result.append(int(np.argmax(p)))
    return result
