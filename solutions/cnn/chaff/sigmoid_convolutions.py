"""Wrong: the convolutions end in a sigmoid.

Nothing is negative behind a sigmoid either, but nothing is ever zero, and it learns slowly.

Fails: classifier_is_nonlinear, training_lowers_the_loss, training_reaches_accuracy
"""

import keras
import numpy as np


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    # all places where the kernel can start
    starts = range(0, input_size + 2 * padding - kernel_size + 1, stride)
    return len(starts)


def conv2d(images, kernels, biases, stride=1, padding=0):
    n, h, w, c = images.shape
    kh, kw, _, f = kernels.shape
    x = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    out_h = conv_output_size(h, kh, stride, padding)
    out_w = conv_output_size(w, kw, stride, padding)
    out = np.zeros((n, out_h, out_w, f))
    for u in range(kh):
        for v in range(kw):
            part = x[:, u : u + stride * out_h : stride, v : v + stride * out_w : stride, :]
            out += part @ kernels[u, v]
    return out + biases


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
    x = L.Conv2D(16, (3, 3), padding="same", activation="sigmoid", name="conv1")(inputs)
    x = L.MaxPool2D((2, 2), name="pool1")(x)
    x = L.Conv2D(32, (3, 3), padding="same", activation="sigmoid", name="conv2")(x)
    x = L.MaxPool2D((2, 2), name="pool2")(x)
    x = L.Conv2D(64, (3, 3), padding="same", activation="sigmoid", name="conv3")(x)
    x = L.GlobalMaxPool2D(name="global_pool")(x)
    x = L.Dropout(0.2, name="dropout")(x)
    outputs = L.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    one_hot = keras.utils.to_categorical(labels)
    model.compile("adam", "categorical_crossentropy")
    return model.fit(images, one_hot, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]


def feature_maps(model, images):
    maps = {}
    x = images
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        x = layer(x, training=False)
        maps[layer.name] = np.array(x)
    return maps
