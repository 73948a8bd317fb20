"""Wrong: `conv2d` computes in half precision to save memory, with three digits instead of seven.

The small numbers of the public example are exact even so.

Fails: conv2d_values, conv2d_stride, conv2d_padding
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    total = input_size + padding * 2
    return int((total - kernel_size) / stride) + 1


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, _ = images.shape
    kh, kw, _, f = kernels.shape
    x = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0))).astype(np.float16)
    kernels = kernels.astype(np.float16)
    oh = conv_output_size(h, kh, stride, padding)
    ow = conv_output_size(w, kw, stride, padding)
    out = np.zeros((n, oh, ow, f), dtype=np.float16)
    for i in range(oh):
        for j in range(ow):
            window = x[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] = np.tensordot(window, kernels, axes=3) + biases
    return out


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
    return keras.Sequential(
        [
            keras.Input(shape=input_shape),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            keras.layers.MaxPooling2D(2, name="pool1"),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(2, name="pool2"),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            keras.layers.GlobalMaxPooling2D(name="global_pool"),
            keras.layers.Dropout(0.2, name="dropout"),
            keras.layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    one_hot = keras.utils.to_categorical(labels)
    model.compile("adam", "categorical_crossentropy")
    return model.fit(images, one_hot, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]


def feature_maps(model, images):
    probe = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = probe(images, training=False)
    maps = {layer.name: np.array(out) for layer, out in zip(model.layers, outputs)}
    return {k: v for k, v in maps.items() if not isinstance(model.get_layer(k), keras.layers.InputLayer)}
