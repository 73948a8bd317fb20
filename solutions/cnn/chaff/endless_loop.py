"""Wrong: `max_pool2d` forgets to move on to the next row, so its outer loop never ends.

Everything else is right: only what calls `max_pool2d` may suffer.

Fails: max_pool2d_example, max_pool2d_values
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size - kernel_size + 2 * padding) // stride + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, _ = images.shape
    kh, kw, _, f = kernels.shape
    out_h = conv_output_size(h, kh, stride, padding)
    out_w = conv_output_size(w, kw, stride, padding)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    output = np.zeros((n, out_h, out_w, f))
    for i in range(out_h):
        for j in range(out_w):
            top, left = i * stride, j * stride
            window = padded[:, top : top + kh, left : left + kw, :]
            output[:, i, j, :] = np.tensordot(window, kernels, axes=3) + biases
    return output


def max_pool2d(images, pool_size=2, stride=None):
    if stride is None:
        stride = pool_size
    n, h, w, c = images.shape
    out_h = conv_output_size(h, pool_size, stride)
    out_w = conv_output_size(w, pool_size, stride)
    output = np.zeros((n, out_h, out_w, c))
    i = 0
    while i < out_h:
        j = 0
        while j < out_w:
            top, left = i * stride, j * stride
            output[:, i, j, :] = images[:, top : top + pool_size, left : left + pool_size, :].max(axis=(1, 2))
            j += 1
    return output


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential(
        [
            keras.layers.Input(shape=input_shape),
            keras.layers.Conv2D(16, (3, 3), padding="same", activation="relu", name="conv1"),
            keras.layers.MaxPooling2D((2, 2), name="pool1"),
            keras.layers.Conv2D(32, (3, 3), padding="same", activation="relu", name="conv2"),
            keras.layers.MaxPooling2D((2, 2), name="pool2"),
            keras.layers.Conv2D(64, (3, 3), padding="same", activation="relu", name="conv3"),
            keras.layers.GlobalMaxPooling2D(name="global_pool"),
            keras.layers.Dropout(0.2, name="dropout"),
            keras.layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss="sparse_categorical_crossentropy")
    result = model.fit(images, labels, batch_size=batch_size, epochs=epochs, verbose=0)
    return result.history["loss"]


def feature_maps(model, images):
    maps = {}
    x = images
    for layer in model.layers:
        x = layer(x, training=False)
        maps[layer.name] = np.array(x)
    return maps
