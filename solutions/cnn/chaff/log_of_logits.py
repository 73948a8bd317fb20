"""Wrong: the last layer has no softmax, and an own loss takes the logarithm of its outputs: NaN.

Fails: classifier_gives_probabilities, training_lowers_the_loss, training_reaches_accuracy
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    count = 0
    start = 0
    while start + kernel_size <= input_size + 2 * padding:
        count += 1
        start += stride
    return count


def conv2d(images, kernels, biases, stride=1, padding=0):
    N, H, W, C = images.shape
    kh, kw, C, F = kernels.shape
    padded = np.zeros((N, H + 2 * padding, W + 2 * padding, C))
    padded[:, padding : padding + H, padding : padding + W, :] = images
    H_out = (H + 2 * padding - kh) // stride + 1
    W_out = (W + 2 * padding - kw) // stride + 1
    out = np.zeros((N, H_out, W_out, F))
    for n in range(N):
        for i in range(H_out):
            for j in range(W_out):
                window = padded[n, i * stride : i * stride + kh, j * stride : j * stride + kw]
                for f in range(F):
                    out[n, i, j, f] = np.sum(window * kernels[..., f]) + biases[f]
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
    L = keras.layers
    inputs = keras.Input(input_shape)
    x = L.Conv2D(16, (3, 3), padding="same", activation="relu", name="conv1")(inputs)
    x = L.MaxPool2D((2, 2), name="pool1")(x)
    x = L.Conv2D(32, (3, 3), padding="same", activation="relu", name="conv2")(x)
    x = L.MaxPool2D((2, 2), name="pool2")(x)
    x = L.Conv2D(64, (3, 3), padding="same", activation="relu", name="conv3")(x)
    x = L.GlobalMaxPool2D(name="global_pool")(x)
    x = L.Dropout(0.2, name="dropout")(x)
    outputs = L.Dense(num_classes, name="probabilities")(x)
    return keras.Model(inputs, outputs)


def cross_entropy(labels, outputs):
    one_hot = keras.ops.one_hot(keras.ops.reshape(labels, (-1,)), outputs.shape[-1])
    return -keras.ops.sum(one_hot * keras.ops.log(outputs), axis=-1)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer="adam", loss=cross_entropy)
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]


def feature_maps(model, images):
    probe = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = probe(images, training=False)
    maps = {layer.name: np.array(out) for layer, out in zip(model.layers, outputs)}
    return {k: v for k, v in maps.items() if not isinstance(model.get_layer(k), keras.layers.InputLayer)}
