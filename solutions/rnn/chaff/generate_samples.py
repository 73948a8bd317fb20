"""Wrong: `generate` draws each letter at random, with the probabilities that the network gives.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    reset_state(model)
    n = model.output_shape[-1]
    one_hot = np.eye(n, dtype="float32")
    for letter in start:
        p = model(one_hot[letter].reshape(1, 1, n), training=False)
    result = []
    while True:
        p = np.asarray(p, dtype="float64").ravel()
        letter = int(np.random.choice(n, p=p / p.sum()))
        result.append(letter)
        if len(result) == length:
            return result
        p = model(one_hot[letter].reshape(1, 1, n), training=False)
