"""Wrong: the learning rate is 1: after a few steps no ReLU is alive.

Fails: training_lowers_the_loss, training_reaches_accuracy
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


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
    model = keras.Sequential()
    model.add(keras.layers.Input(input_shape))
    model.add(keras.layers.Conv2D(16, (3, 3), activation="relu", padding="same", name="conv1"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool1"))
    model.add(keras.layers.Conv2D(32, (3, 3), activation="relu", padding="same", name="conv2"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool2"))
    model.add(keras.layers.Conv2D(64, (3, 3), activation="relu", padding="same", name="conv3"))
    model.add(keras.layers.GlobalMaxPooling2D(name="global_pool"))
    model.add(keras.layers.Dropout(0.2, name="dropout"))
    model.add(keras.layers.Dense(num_classes, activation="softmax", name="probabilities"))
    return model


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=keras.optimizers.Adam(learning_rate=1.0),
        metrics=["accuracy"],
    )
    h = model.fit(images, labels, batch_size, epochs, verbose=0)
    return [float(loss) for loss in h.history["loss"]]


def feature_maps(model, images):
    maps = {}
    x = images
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        x = layer(x, training=False)
        maps[layer.name] = np.array(x)
    return maps
