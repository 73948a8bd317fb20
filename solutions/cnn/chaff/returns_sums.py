"""Wrong: `train_classifier` returns the sum of the losses of all batches.

Fails: training_reports_its_loss
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy")
    losses = []
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        batch_losses = []
        for i in range(0, len(images), batch_size):
            batch = order[i : i + batch_size]
            model.reset_metrics()
            batch_losses.append(model.train_on_batch(images[batch], labels[batch]))
        losses.append(float(np.sum(batch_losses)))
    return losses
