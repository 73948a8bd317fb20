"""Builds a model that carries code. A model is rebuilt from allowed parts only, and this is none."""

import keras


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Lambda(lambda x: __import__("os").system("touch /tmp/zoo-was-here-lambda") or x),
            keras.layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )
