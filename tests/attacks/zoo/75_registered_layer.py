"""Registers a layer of its own with Keras, so that a configuration by name would find it."""

import keras


@keras.saving.register_keras_serializable(package="zoo")
class Oracle(keras.layers.Layer):
    def call(self, inputs):
        return inputs


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential([keras.Input(input_shape), Oracle(name="conv1"), keras.layers.Flatten()])
