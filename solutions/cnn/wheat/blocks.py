"""Unlike the reference: blocks added by a function, pooling by reshaping, momentum, a loss of its own."""

import keras
import numpy as np


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Count the whole strides that fit into the room beside the kernel."""
    room = input_size + padding + padding - kernel_size
    return 1 + (room - room % stride) // stride


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Compute one output pixel of all images and filters at a time."""
    kh, kw = kernels.shape[0], kernels.shape[1]
    padded = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    tops = range(0, padded.shape[1] - kh + 1, stride)
    lefts = range(0, padded.shape[2] - kw + 1, stride)
    rows = [
        [np.einsum("nuvc,uvcf->nf", padded[:, i : i + kh, j : j + kw], kernels) for j in lefts] for i in tops
    ]
    return np.array(rows).transpose(2, 0, 1, 3) + biases[np.newaxis, np.newaxis, np.newaxis, :]


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Cut the image into tiles where windows touch; go through the windows where they overlap."""
    n, h, w, c = images.shape
    if stride in (None, pool_size):
        rows, columns = h // pool_size, w // pool_size
        whole = images[:, : rows * pool_size, : columns * pool_size]
        tiles = whole.reshape(n, rows, pool_size, columns, pool_size, c)
        return np.amax(tiles, axis=(2, 4))
    tops, lefts = range(0, h - pool_size + 1, stride), range(0, w - pool_size + 1, stride)
    rows = [[images[:, i : i + pool_size, j : j + pool_size].max((1, 2)) for j in lefts] for i in tops]
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def _convolve(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    """Add a convolution with its activation."""
    x = keras.layers.Conv2D(filters, kernel_size=(3, 3), padding="same", name=f"conv{number}")(x)
    return keras.layers.Activation("relu", name=f"activation{number}")(x)


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Put the blocks together; the last pooling has a window as large as the image."""
    image = keras.Input(input_shape)
    x = _convolve(image, 16, 1)
    x = keras.layers.MaxPooling2D(2, name="pool1")(x)
    x = _convolve(x, 32, 2)
    x = keras.layers.MaxPooling2D(2, name="pool2")(x)
    x = _convolve(x, 64, 3)
    x = keras.layers.MaxPooling2D(x.shape[1:3], name="largest")(x)
    x = keras.layers.Flatten(name="global_pool")(x)
    x = keras.layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(image, keras.layers.Dense(num_classes, "softmax", name="probabilities")(x))


def cross_entropy(labels: np.ndarray, probabilities: keras.KerasTensor) -> keras.KerasTensor:
    """Return -log of the probability of each right class."""
    classes = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), probabilities.shape[-1])
    return -keras.ops.log(keras.ops.sum(classes * probabilities, axis=-1) + 1e-7)


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Train one epoch at a time, with a loss and a metric written as functions."""
    keras.utils.set_random_seed(seed)
    steps = epochs * -(-len(images) // batch_size)
    slowing = keras.optimizers.schedules.CosineDecay(0.05, decay_steps=steps, alpha=0.02)
    model.compile(
        optimizer=keras.optimizers.SGD(slowing, momentum=0.9, nesterov=True),
        loss=cross_entropy,
        metrics=[keras.metrics.sparse_categorical_accuracy],
    )
    losses = []
    for epoch in range(epochs):
        done = model.fit(
            images, labels, batch_size=batch_size, initial_epoch=epoch, epochs=epoch + 1, verbose=0
        )
        losses += done.history["loss"]
    return losses


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Follow the data from layer to layer, in batches of one image."""
    parts: dict[str, list[np.ndarray]] = {}
    for image in images:
        data = image[np.newaxis]
        for layer in model.layers[1:]:
            data = layer(data, training=False)
            parts.setdefault(layer.name, []).append(keras.ops.convert_to_numpy(data))
    return {name: np.concatenate(found) for name, found in parts.items()}
