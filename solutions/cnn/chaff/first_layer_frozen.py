"""Wrong: the first convolution keeps its random kernels.

The other layers make up for it: loss and accuracy are as good as with it.

Fails: training_changes_every_layer
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    # all places where the kernel can start
    starts = range(0, input_size + 2 * padding - kernel_size + 1, stride)
    return len(starts)


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
    rate = keras.optimizers.schedules.ExponentialDecay(3e-3, len(images) // batch_size, 0.75)
    model.layers[0].trainable = False  # edges are always the same
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]


def feature_maps(model, images):
    result = {}
    for layer in model.layers:
        if "input" in layer.name:
            continue
        part = keras.Model(inputs=model.inputs, outputs=layer.output)
        result[layer.name] = part.predict(images, verbose=0)
    return result
