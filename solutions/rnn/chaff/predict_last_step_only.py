"""Wrong: `predict_stateful` gives the last time step of every window only.

Fails: predict_carries_the_state
"""


def predict_stateful(model, windows):
    reset_state(model)
    return np.stack([model(window, training=False)[:, -1] for window in windows])
