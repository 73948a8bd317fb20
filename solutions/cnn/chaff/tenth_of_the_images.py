"""Wrong: nine tenths of the images are held back for validation.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""

import keras
import numpy as np
from keras import layers


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


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
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer="adam",
        metrics=["accuracy"],
    )
    h = model.fit(images, labels, batch_size, epochs, validation_split=0.9, verbose=0)
    return [float(loss) for loss in h.history["loss"]]


def feature_maps(model, images):
    probe = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = probe(images, training=False)
    maps = {layer.name: np.array(out) for layer, out in zip(model.layers, outputs)}
    return {k: v for k, v in maps.items() if not isinstance(model.get_layer(k), keras.layers.InputLayer)}
