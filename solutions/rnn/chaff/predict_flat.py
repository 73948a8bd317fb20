"""Wrong: `predict_stateful` returns the rows of all windows in one axis.

Fails: predict_carries_the_state
"""


def predict_stateful(model, windows):
    reset_state(model)
    rows = np.concatenate(windows)
    return model.predict(rows, batch_size=windows.shape[1], verbose=0)
