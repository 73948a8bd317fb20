"""Wrong: `train_classifier` returns the sum of the losses of all batches.

Fails: training_reports_its_loss
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
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw, c, f = kernels.shape
    oh = conv_output_size(images.shape[1], kh, stride, padding)
    ow = conv_output_size(images.shape[2], kw, stride, padding)
    matrix = kernels.reshape(kh * kw * c, f)
    result = np.zeros((len(images), oh, ow, f))
    for i in range(oh):
        for j in range(ow):
            window = padded[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            result[:, i, j] = window.reshape(len(images), -1) @ matrix + biases
    return result


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
    outputs = L.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy")
    losses = []
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        batch_losses = []
        for i in range(0, len(images), batch_size):
            batch = order[i : i + batch_size]
            model.reset_metrics()
            batch_losses.append(model.train_on_batch(images[batch], labels[batch]))
        losses.append(float(np.sum(batch_losses)))
    return losses


def feature_maps(model, images):
    probe = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = probe(images, training=False)
    maps = {layer.name: np.array(out) for layer, out in zip(model.layers, outputs)}
    return {k: v for k, v in maps.items() if not isinstance(model.get_layer(k), keras.layers.InputLayer)}
