"""Wrong: `generate` does not ask the network; it counts up and down, as if the letters stood in their order.

Fails: generate_follows_the_network
"""


def generate(model, start, length):
    last = model.input_shape[-1] - 1
    letter = start[-1]
    step = 1 if len(start) < 2 or start[-1] > start[-2] else -1
    result = []
    for _ in range(length):
        if letter + step < 0 or letter + step > last:
            step = -step
        letter += step
        result.append(letter)
    return result
