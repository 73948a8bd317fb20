"""Wrong: `generate` resets the state before every letter.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    n = model.input_shape[-1]

    def next_letter(letter):
        reset_state(model)
        x = np.eye(n)[letter].reshape(1, 1, n)
        return int(np.argmax(model(x, training=False)))

    letters = list(start)
    while len(letters) < len(start) + length:
        letters.append(next_letter(letters[-1]))
    return letters[len(start) :]
