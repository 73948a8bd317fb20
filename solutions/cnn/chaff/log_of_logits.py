"""Wrong: the last layer has no softmax, and an own loss takes the logarithm of its outputs: NaN.

Fails: classifier_gives_probabilities, training_lowers_the_loss, training_reaches_accuracy
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    L = keras.layers
    inputs = keras.Input(input_shape)
    x = L.Conv2D(16, (3, 3), padding="same", activation="relu", name="conv1")(inputs)
    x = L.MaxPool2D((2, 2), name="pool1")(x)
    x = L.Conv2D(32, (3, 3), padding="same", activation="relu", name="conv2")(x)
    x = L.MaxPool2D((2, 2), name="pool2")(x)
    x = L.Conv2D(64, (3, 3), padding="same", activation="relu", name="conv3")(x)
    x = L.GlobalMaxPool2D(name="global_pool")(x)
    x = L.Dropout(0.2, name="dropout")(x)
    outputs = L.Dense(num_classes, name="probabilities")(x)
    return keras.Model(inputs, outputs)


def cross_entropy(labels, outputs):
    one_hot = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), outputs.shape[-1])
    return -keras.ops.sum(one_hot * keras.ops.log(outputs), axis=-1)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer="adam", loss=cross_entropy)
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]
