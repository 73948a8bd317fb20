"""Wrong: `predict_stateful` runs the sequences one by one, in a network built for several.

Fails: predict_carries_the_state
"""


def predict_stateful(model, windows):
    reset_state(model)
    s, b, t, f = windows.shape
    result = []
    for k in range(b):
        result.append([model.predict(windows[j, k : k + 1], verbose=0)[0] for j in range(s)])
    return np.array(result).swapaxes(0, 1)
