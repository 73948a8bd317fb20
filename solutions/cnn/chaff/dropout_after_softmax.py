"""Wrong: dropout comes last and sets probabilities to zero while the network is trained.

Fails: classifier_layers
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
    x = L.Dense(num_classes, activation="softmax", name="probabilities")(x)
    outputs = L.Dropout(0.2, name="dropout")(x)
    return keras.Model(inputs, outputs)
