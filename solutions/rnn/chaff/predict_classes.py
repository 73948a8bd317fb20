"""Wrong: `predict_stateful` gives the most probable class, and not the probabilities.

Fails: predict_carries_the_state
"""


def predict_stateful(model, windows):
    reset_state(model)
    result = []
    for window in windows:
        probabilities = model(window, training=False)
        result.append(np.argmax(probabilities, axis=-1))
    return np.array(result)
