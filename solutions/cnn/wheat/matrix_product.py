"""Unlike the reference: layers from a list, one large matrix product, a callback that slows down Adam."""

import keras
import numpy as np

LAYERS = [
    (
        keras.layers.Conv2D,
        "conv1",
        {"filters": 16, "kernel_size": 3, "padding": "same", "activation": "relu"},
    ),
    (keras.layers.MaxPooling2D, "pool1", {"pool_size": 2}),
    (
        keras.layers.Conv2D,
        "conv2",
        {"filters": 32, "kernel_size": 3, "padding": "same", "activation": "relu"},
    ),
    (keras.layers.MaxPooling2D, "pool2", {"pool_size": 2}),
    (
        keras.layers.Conv2D,
        "conv3",
        {"filters": 64, "kernel_size": 3, "padding": "same", "activation": "relu"},
    ),
    (keras.layers.GlobalMaxPooling2D, "global_pool", {}),
    (keras.layers.Dropout, "dropout", {"rate": 0.2}),
]


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Use the formula with the stride inside."""
    return (input_size + 2 * padding - kernel_size + stride) // stride


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Let zeros be what is not overwritten, and multiply with the bias as one more weight."""
    n, h, w, c = images.shape
    kh, kw, _, f = kernels.shape
    canvas = np.zeros((n, h + 2 * padding, w + 2 * padding, c))
    canvas[:, padding : h + padding, padding : w + padding, :] = images
    rows, columns = conv_output_size(h, kh, stride, padding), conv_output_size(w, kw, stride, padding)

    patches = np.ones((n, rows, columns, kh * kw * c + 1))
    for i in range(rows):
        for j in range(columns):
            top, left = stride * i, stride * j
            patches[:, i, j, :-1] = canvas[:, top : top + kh, left : left + kw].reshape(n, -1)
    return patches @ np.vstack([kernels.reshape(-1, f), biases])


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Pool the rows first and then the columns: the largest of the largest."""
    stride = stride or pool_size
    rows, columns = (conv_output_size(size, pool_size, stride) for size in images.shape[1:3])
    tall = np.stack([images[:, stride * i : stride * i + pool_size].max(axis=1) for i in range(rows)], axis=1)
    return np.stack(
        [tall[:, :, stride * j : stride * j + pool_size].max(axis=2) for j in range(columns)], axis=2
    )


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Go through the list."""
    data = image = keras.Input(input_shape)
    for layer, name, settings in LAYERS:
        data = layer(name=name, **settings)(data)
    data = keras.layers.Dense(num_classes, activation=keras.layers.Softmax(), name="probabilities")(data)
    return keras.Model(image, data)


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Start fast, and slow down from epoch to epoch."""
    keras.utils.set_random_seed(seed)
    order = np.random.default_rng(seed).permutation(len(images))
    slower = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.85 if epoch else rate)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["acc"])
    model.optimizer.learning_rate = 2e-3
    history = model.fit(
        images[order], labels[order], batch_size=batch_size, epochs=epochs, callbacks=[slower], verbose=0
    )
    return history.history["loss"]


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Ask Keras for the tensors of all layers, then drop the input."""
    probe = keras.Model(model.input, [layer.output for layer in model.layers])
    found = zip(model.layers, probe(images, training=False), strict=True)
    return {layer.name: data.numpy() for layer, data in found if type(layer) is not keras.layers.InputLayer}
