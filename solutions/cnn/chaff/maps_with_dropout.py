"""Wrong: `feature_maps` runs the network as in training, with dropout switched on.

Fails: feature_maps
"""

import keras
import numpy as np
from keras import layers


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    total = input_size + padding * 2
    return int((total - kernel_size) / stride) + 1


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
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]


def feature_maps(model, images):
    layers_ = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    extractor = keras.Model(model.inputs, [layer.output for layer in layers_])
    outputs = extractor(images, training=True)
    return {layer.name: np.array(o) for layer, o in zip(layers_, outputs)}
