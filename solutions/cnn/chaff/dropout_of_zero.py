"""Wrong: the dropout rate is one divided by five in whole numbers: zero.

Without dropout the network learns as well in so few epochs.

Fails: classifier_dropout
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential(
        [
            keras.Input(shape=input_shape),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            keras.layers.MaxPooling2D(2, name="pool1"),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(2, name="pool2"),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            keras.layers.GlobalMaxPooling2D(name="global_pool"),
            keras.layers.Dropout(1 // 5, name="dropout"),
            keras.layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, len(images) // batch_size, 0.75)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]
