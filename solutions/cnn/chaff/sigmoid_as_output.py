"""Wrong: the last layer has a sigmoid for each class, as for labels that can hold together.

The largest value is at the right class all the same.

Fails: classifier_gives_probabilities, training_lowers_the_loss
"""

import math

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return math.floor((input_size - kernel_size + 2 * padding) / stride + 1)


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
    model = keras.Sequential()
    model.add(keras.layers.Input(input_shape))
    model.add(keras.layers.Conv2D(16, (3, 3), activation="relu", padding="same", name="conv1"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool1"))
    model.add(keras.layers.Conv2D(32, (3, 3), activation="relu", padding="same", name="conv2"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool2"))
    model.add(keras.layers.Conv2D(64, (3, 3), activation="relu", padding="same", name="conv3"))
    model.add(keras.layers.GlobalMaxPooling2D(name="global_pool"))
    model.add(keras.layers.Dropout(0.2, name="dropout"))
    model.add(keras.layers.Dense(num_classes, activation="sigmoid", name="probabilities"))
    return model


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, len(images) // batch_size, 0.75)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]


def feature_maps(model, images):
    maps = {}
    x = images
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        x = layer(x, training=False)
        maps[layer.name] = np.array(x)
    return maps
