"""Wrong: images are shuffled and labels are not.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    images = images[rng.permutation(len(images))]
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]
