"""Unlike the reference: layers added one by one, convolution as a matrix product, training step by step."""

import math

import keras
import numpy as np


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Divide and round down."""
    return math.floor((input_size - kernel_size + 2 * padding) / stride) + 1


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Write every window as one row of a matrix and every kernel as one column, and multiply."""
    count, height, width, channels = images.shape
    kernel_height, kernel_width, _, filters = kernels.shape
    padded = np.zeros((count, height + 2 * padding, width + 2 * padding, channels), dtype=images.dtype)
    padded[:, padding : padding + height, padding : padding + width] = images

    out_height = conv_output_size(height, kernel_height, stride, padding)
    out_width = conv_output_size(width, kernel_width, stride, padding)
    rows = stride * np.arange(out_height)[:, None] + np.arange(kernel_height)
    columns = stride * np.arange(out_width)[:, None] + np.arange(kernel_width)
    patches = padded[:, rows[:, None, :, None], columns[None, :, None, :]]

    matrix = patches.reshape(count * out_height * out_width, -1)
    result = np.matmul(matrix, kernels.reshape(-1, filters)) + biases
    return result.reshape(count, out_height, out_width, filters)


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Fill the output pixel by pixel."""
    stride = pool_size if stride is None else stride
    count, height, width, channels = images.shape
    out_height = conv_output_size(height, pool_size, stride)
    out_width = conv_output_size(width, pool_size, stride)
    pooled = np.empty((count, out_height, out_width, channels), dtype=images.dtype)
    for i in range(out_height):
        for j in range(out_width):
            top, left = i * stride, j * stride
            window = images[:, top : top + pool_size, left : left + pool_size, :]
            pooled[:, i, j, :] = window.max(axis=1).max(axis=1)
    return pooled


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Add one layer after another."""
    model = keras.models.Sequential(name="classifier")
    model.add(keras.layers.InputLayer(shape=input_shape))
    model.add(keras.layers.Conv2D(filters=16, kernel_size=3, padding="same", activation="relu", name="conv1"))
    model.add(keras.layers.MaxPool2D(name="pool1"))
    model.add(keras.layers.Conv2D(filters=32, kernel_size=3, padding="same", activation="relu", name="conv2"))
    model.add(keras.layers.MaxPool2D(name="pool2"))
    model.add(keras.layers.Conv2D(filters=64, kernel_size=3, padding="same", activation="relu", name="conv3"))
    model.add(keras.layers.GlobalMaxPool2D(name="global_pool"))
    model.add(keras.layers.Dropout(0.2, name="dropout"))
    model.add(keras.layers.Dense(units=num_classes, activation="softmax", name="probabilities"))
    return model


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Shuffle, cut into batches, train on each of them."""
    keras.utils.set_random_seed(seed)
    shuffler = np.random.default_rng(seed)
    model.compile(
        optimizer=keras.optimizers.AdamW(learning_rate=1e-3, weight_decay=1e-4),
        loss=keras.losses.sparse_categorical_crossentropy,
    )
    losses = []
    for _ in range(epochs):
        order = shuffler.permutation(len(images))
        total = 0.0
        for start in range(0, len(images), batch_size):
            batch = order[start : start + batch_size]
            model.reset_metrics()
            loss = model.train_on_batch(images[batch], labels[batch])
            total += float(np.ravel(loss)[0]) * len(batch)
        losses.append(total / len(images))
    return losses


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Send the images through the layers, one after the other."""
    maps = {}
    data = images
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        data = layer(data, training=False)
        maps[layer.name] = np.asarray(data)
    return maps
