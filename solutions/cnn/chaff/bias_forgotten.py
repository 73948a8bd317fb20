"""Wrong: `conv2d` never adds the biases.

Fails: conv2d_example, conv2d_values, conv2d_stride, conv2d_padding
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    count = 0
    start = 0
    while start + kernel_size <= input_size + 2 * padding:
        count += 1
        start += stride
    return count


def conv2d(images, kernels, biases, stride=1, padding=0):
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)), "constant")
    kh, kw, _, n_filters = kernels.shape
    height = conv_output_size(images.shape[1], kh, stride, padding)
    width = conv_output_size(images.shape[2], kw, stride, padding)
    out = np.empty((images.shape[0], height, width, n_filters))
    for y in range(height):
        for x in range(width):
            patch = padded[:, y * stride : y * stride + kh, x * stride : x * stride + kw, :]
            out[:, y, x, :] = np.tensordot(patch, kernels, axes=([1, 2, 3], [0, 1, 2]))
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
    L = keras.layers
    inputs = keras.Input(input_shape)
    x = L.Conv2D(16, (3, 3), padding="same", activation="relu", name="conv1")(inputs)
    x = L.MaxPool2D((2, 2), name="pool1")(x)
    x = L.Conv2D(32, (3, 3), padding="same", activation="relu", name="conv2")(x)
    x = L.MaxPool2D((2, 2), name="pool2")(x)
    x = L.Conv2D(64, (3, 3), padding="same", activation="relu", name="conv3")(x)
    x = L.GlobalMaxPool2D(name="global_pool")(x)
    x = L.Dropout(0.2, name="dropout")(x)
    outputs = L.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs)


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
