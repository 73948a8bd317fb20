"""Unlike the reference: zeros, ReLU and softmax are layers of their own; stride tricks; one-hot labels."""

import keras
import numpy as np
from numpy.lib.stride_tricks import as_strided


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Round up the number of first pixels that a kernel can start at."""
    starts = input_size + 2 * padding - kernel_size + 1
    return -(-starts // stride)


def _windows(images: np.ndarray, height: int, width: int, stride: int) -> np.ndarray:
    """Return every window without copying, (N, H', W', height, width, C)."""
    count, rows, columns, channels = images.shape
    by_image, by_row, by_column, by_channel = images.strides
    shape = (
        count,
        conv_output_size(rows, height, stride),
        conv_output_size(columns, width, stride),
        height,
        width,
        channels,
    )
    strides = (by_image, by_row * stride, by_column * stride, by_row, by_column, by_channel)
    return as_strided(images, shape, strides, writeable=False)


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Contract the last three axes of the windows with the first three of the kernels."""
    both = (padding, padding)
    padded = np.pad(images, ((0, 0), both, both, (0, 0)), mode="constant", constant_values=0)
    windows = _windows(padded, kernels.shape[0], kernels.shape[1], stride)
    return np.tensordot(windows, kernels, axes=([3, 4, 5], [0, 1, 2])) + biases


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Take the largest value along the two axes of the window."""
    return _windows(images, pool_size, pool_size, stride or pool_size).max(axis=(3, 4))


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Give each step a layer of its own."""
    model = keras.Sequential()
    model.add(keras.Input(input_shape))
    for number, filters in enumerate([16, 32, 64], start=1):
        model.add(keras.layers.ZeroPadding2D(1, name=f"zeros{number}"))
        model.add(keras.layers.Conv2D(filters, 3, name=f"conv{number}"))
        model.add(keras.layers.ReLU(name=f"relu{number}"))
        if number == 3:
            model.add(keras.layers.GlobalMaxPooling2D(name="global_pool"))
        else:
            model.add(keras.layers.MaxPooling2D(strides=2, name=f"pool{number}"))
    model.add(keras.layers.Dropout(1 / 5, name="dropout"))
    model.add(keras.layers.Dense(num_classes, name="scores"))
    model.add(keras.layers.Softmax(name="probabilities"))
    return model


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Turn class numbers into one-hot vectors first."""
    keras.utils.set_random_seed(seed)
    targets = keras.utils.to_categorical(labels, num_classes=model.output_shape[-1])
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, len(images) // batch_size, 0.7)
    model.compile(
        optimizer=keras.optimizers.RMSprop(rate),
        loss="categorical_crossentropy",
        metrics=[keras.metrics.CategoricalAccuracy()],
    )
    return model.fit(images, targets, batch_size, epochs, verbose=0).history["loss"]


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Predict all outputs at once, with a dictionary for the outputs of a model."""
    probe = keras.Model(inputs=model.inputs, outputs={layer.name: layer.output for layer in model.layers})
    found = probe.predict(images, verbose=0)
    return {layer.name: found[layer.name] for layer in model.layers}
