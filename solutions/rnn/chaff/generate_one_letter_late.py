"""Wrong: `generate` leaves out the letter that the network says after the start.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1])
    for letter in start:
        p = model(eye[letter][None, None], training=False)
    result = []
    for _ in range(length):
        p = model(eye[np.argmax(p)][None, None], training=False)
        result.append(int(np.argmax(p)))
    return result
