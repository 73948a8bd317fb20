"""Wrong: the last layer has a sigmoid for each class, as for labels that can hold together.

The largest value is at the right class all the same.

Fails: classifier_gives_probabilities, training_lowers_the_loss
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    model = keras.Sequential()
    model.add(keras.layers.Input(input_shape))
    model.add(keras.layers.Conv2D(16, (3, 3), activation="relu", padding="same", name="conv1"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool1"))
    model.add(keras.layers.Conv2D(32, (3, 3), activation="relu", padding="same", name="conv2"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool2"))
    model.add(keras.layers.Conv2D(64, (3, 3), activation="relu", padding="same", name="conv3"))
    model.add(keras.layers.GlobalMaxPooling2D(name="global_pool"))
    model.add(keras.layers.Dropout(0.2, name="dropout"))
    model.add(keras.layers.Dense(num_classes, activation="sigmoid", name="probabilities"))
    return model


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, len(images) // batch_size, 0.75)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]
