"""Wrong: the convolutions end in a sigmoid.

Nothing is negative behind a sigmoid either, but nothing is ever zero, and it learns slowly.

Fails: classifier_is_nonlinear, training_lowers_the_loss, training_reaches_accuracy
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    L = keras.layers
    inputs = keras.Input(input_shape)
    x = L.Conv2D(16, (3, 3), padding="same", activation="sigmoid", name="conv1")(inputs)
    x = L.MaxPool2D((2, 2), name="pool1")(x)
    x = L.Conv2D(32, (3, 3), padding="same", activation="sigmoid", name="conv2")(x)
    x = L.MaxPool2D((2, 2), name="pool2")(x)
    x = L.Conv2D(64, (3, 3), padding="same", activation="sigmoid", name="conv3")(x)
    x = L.GlobalMaxPool2D(name="global_pool")(x)
    x = L.Dropout(0.2, name="dropout")(x)
    outputs = L.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs)
