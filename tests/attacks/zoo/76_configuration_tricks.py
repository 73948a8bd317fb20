"""Writes the configuration of honest layers itself: endless, huge, cyclic, or with what no JSON holds."""

import keras


class Endless(dict):
    def items(self):
        while True:
            yield "key", "value" * 1000


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.GlobalMaxPooling2D(name="global_pool"),
            layers.Dropout(0.2, name="dropout"),
            layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )


honest_build = build_classifier


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    model = honest_build(input_shape, num_classes)
    model.layers[0].get_config = Endless
    return model
