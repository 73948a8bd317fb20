"""Wrong: the last letter of the start comes first in what `generate` returns.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    eye = np.eye(model.input_shape[-1])
    for letter in start[:-1]:
        model(eye[letter][None, None], training=False)
    letter = start[-1]
    result = []
    for _ in range(length):
        result.append(letter)
        p = model(eye[letter][None, None], training=False)
        letter = int(np.argmax(p))
    return result
