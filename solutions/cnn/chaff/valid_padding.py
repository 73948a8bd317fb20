"""Wrong: the convolutions have no padding, so maps shrink by two pixels each time.

Fails: classifier_layers
"""

import math

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return math.floor((input_size - kernel_size + 2 * padding) / stride + 1)


def conv2d(images, kernels, biases, stride=1, padding=0):
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw, c, f = kernels.shape
    oh = conv_output_size(images.shape[1], kh, stride, padding)
    ow = conv_output_size(images.shape[2], kw, stride, padding)
    matrix = kernels.reshape(kh * kw * c, f)
    result = np.zeros((len(images), oh, ow, f))
    for i in range(oh):
        for j in range(ow):
            window = padded[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            result[:, i, j] = window.reshape(len(images), -1) @ matrix + biases
    return result


def max_pool2d(images, pool_size=2, stride=None):
    stride = pool_size if stride is None else stride
    rows = (images.shape[1] - pool_size) // stride + 1
    cols = (images.shape[2] - pool_size) // stride + 1
    best = np.full((images.shape[0], rows, cols, images.shape[3]), -np.inf)
    for u in range(pool_size):
        for v in range(pool_size):
            part = images[:, u : u + stride * rows : stride, v : v + stride * cols : stride]
            best = np.maximum(best, part)
    return best


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


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]


def feature_maps(model, images):
    probe = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = probe(images, training=False)
    maps = {layer.name: np.array(out) for layer, out in zip(model.layers, outputs)}
    return {k: v for k, v in maps.items() if not isinstance(model.get_layer(k), keras.layers.InputLayer)}
