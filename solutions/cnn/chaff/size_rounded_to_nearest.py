"""Wrong: `conv_output_size` rounds to the nearest number instead of down.

Python rounds 2.5 to 2, so even the public example with a rest comes out right.

Fails: output_size
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    steps = (input_size - kernel_size + 2 * padding) / stride
    return round(steps) + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    images = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    kh, kw = kernels.shape[:2]
    # (N, H', W', C, kh, kw)
    windows = np.lib.stride_tricks.sliding_window_view(images, (kh, kw), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("nijcuv,uvcf->nijf", windows, kernels) + biases


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
    maps = {}
    x = images
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        x = layer(x, training=False)
        maps[layer.name] = np.array(x)
    return maps
