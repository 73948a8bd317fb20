"""Wrong: the convolutions have no padding, so maps shrink by two pixels each time.

Fails: classifier_layers
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential(
        [
            keras.Input(shape=input_shape),
            keras.layers.Conv2D(16, 3, activation="relu", name="conv1"),
            keras.layers.MaxPooling2D(2, name="pool1"),
            keras.layers.Conv2D(32, 3, activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(2, name="pool2"),
            keras.layers.Conv2D(64, 3, activation="relu", name="conv3"),
            keras.layers.GlobalMaxPooling2D(name="global_pool"),
            keras.layers.Dropout(0.2, name="dropout"),
            keras.layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )
