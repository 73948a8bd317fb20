"""Wrong: `conv2d` takes the kernel's height for its width as well.

Fails: conv2d_example, conv2d_values
"""

import math

import keras
import numpy as np
from keras import layers


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return math.floor((input_size - kernel_size + 2 * padding) / stride + 1)


def conv2d(images, kernels, biases, stride=1, padding=0):
    k = kernels.shape[0]
    num_filters = kernels.shape[3]
    images = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    h = (images.shape[1] - k) // stride + 1
    w = (images.shape[2] - k) // stride + 1
    out = np.zeros((images.shape[0], h, w, num_filters))
    for i in range(h):
        for j in range(w):
            window = images[:, i * stride : i * stride + k, j * stride : j * stride + k, :]
            for f in range(num_filters):
                out[:, i, j, f] = (window * kernels[:, :, :, f]).sum(axis=(1, 2, 3)) + biases[f]
    return out


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
    inputs = x = keras.Input(shape=input_shape)
    for i, filters in enumerate([16, 32, 64], 1):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{i}")(x)
        if i < 3:
            x = layers.MaxPooling2D(name=f"pool{i}")(x)
    x = layers.GlobalMaxPooling2D(name="global_pool")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs=inputs, outputs=x)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]


def feature_maps(model, images):
    result = {}
    for layer in model.layers:
        if "input" in layer.name:
            continue
        part = keras.Model(inputs=model.inputs, outputs=layer.output)
        result[layer.name] = part.predict(images, verbose=0)
    return result
