"""Wrong: `max_pool2d` takes the mean of each window.

Fails: max_pool2d_example, max_pool2d_values
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
    if stride is None:
        stride = pool_size
    n, h, w, c = images.shape
    new_h = conv_output_size(h, pool_size, stride)
    new_w = conv_output_size(w, pool_size, stride)
    pooled = np.zeros((n, new_h, new_w, c))
    for i in range(new_h):
        for j in range(new_w):
            y, x = i * stride, j * stride
            pooled[:, i, j] = np.mean(images[:, y : y + pool_size, x : x + pool_size], axis=(1, 2))
    return pooled


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
    one_hot = keras.utils.to_categorical(labels)
    model.compile("adam", "categorical_crossentropy")
    return model.fit(images, one_hot, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]


def feature_maps(model, images):
    result = {}
    for layer in model.layers:
        if "input" in layer.name:
            continue
        part = keras.Model(inputs=model.inputs, outputs=layer.output)
        result[layer.name] = part.predict(images, verbose=0)
    return result
