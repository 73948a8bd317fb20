"""Unlike the reference: functional API, compiled when built, sliding windows and einsum in numpy."""

import keras
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Count the positions one by one."""
    last_start = input_size + 2 * padding - kernel_size
    return len(range(0, last_start + 1, stride))


def _windows(images: np.ndarray, height: int, width: int, stride: int) -> np.ndarray:
    """Return every window as a view, (N, H', W', C, height, width)."""
    return sliding_window_view(images, (height, width), axis=(1, 2))[:, ::stride, ::stride]


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Contract all windows with all kernels at once."""
    if padding:
        images = np.pad(images, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    windows = _windows(images, kernels.shape[0], kernels.shape[1], stride)
    return np.einsum("nijcuv,uvcf->nijf", windows, kernels, optimize=True) + biases


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Take the maximum over the two window axes."""
    if stride is None:
        stride = pool_size
    return _windows(images, pool_size, pool_size, stride).max(axis=(-2, -1))


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Chain the layers by calling them, and compile the model right away."""
    inputs = keras.Input(shape=input_shape)
    x = inputs
    for number, filters in enumerate((16, 32, 64), start=1):
        x = layers.Conv2D(
            filters, (3, 3), padding="same", activation=keras.activations.relu, name=f"conv{number}"
        )(x)
        if number < 3:
            x = layers.MaxPooling2D(pool_size=(2, 2), name=f"pool{number}")(x)
    x = layers.GlobalMaxPooling2D(name="global_pool")(x)
    x = layers.Dropout(rate=0.2, name="dropout")(x)
    outputs = layers.Dense(num_classes, activation=keras.activations.softmax, name="probabilities")(x)
    model = keras.Model(inputs=inputs, outputs=outputs, name="digit_classifier")
    model.compile(
        optimizer=keras.optimizers.Nadam(learning_rate=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False),
        metrics=["accuracy"],
    )
    return model


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Collect the losses in a callback."""
    keras.utils.set_random_seed(seed)
    losses = []
    collect = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: losses.append(float(logs["loss"])))
    model.fit(x=images, y=labels, batch_size=batch_size, epochs=epochs, callbacks=[collect], verbose=0)
    return losses


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Build one model a layer, from the input to that layer."""
    activations = {}
    for layer in model.layers:
        if "input" not in layer.name:
            up_to_here = keras.Model(inputs=model.inputs, outputs=layer.output)
            activations[layer.name] = keras.ops.convert_to_numpy(up_to_here(images, training=False))
    return activations
