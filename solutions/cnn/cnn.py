"""Convolutional neural networks: first by hand in numpy, then with Keras's layers.

Images are arrays of shape (N, H, W, C): number of images, height, width, channels.
"""

import keras
import numpy as np


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Return how many positions a kernel takes along one axis.

    The axis has ``input_size`` pixels, with ``padding`` more at both ends. The kernel covers
    ``kernel_size`` of them, starts at the first one and moves on by ``stride`` for as long as it fits.

    Hint: draw 7 pixels and a kernel of 3 that moves by 2. How far can its left edge go? How many moves is
    that? How many positions?

    Args:
        input_size: pixels along the axis.
        kernel_size: pixels that the kernel covers.
        stride: pixels from one position to the next.
        padding: pixels added at each of the two ends.

    Returns:
        The number of positions, an int. Positions that would stick out at the end do not count.
    """
    ### BEGIN SOLUTION
    return (input_size + 2 * padding - kernel_size) // stride + 1
    ### END SOLUTION


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Convolve images with kernels, as ``keras.layers.Conv2D`` does (without an activation).

    Every output pixel is a weighted sum of the window of the zero-padded image that lies under the kernel:

        output[n, i, j, f] = biases[f] + sum over u, v, c of
                             padded[n, stride*i + u, stride*j + v, c] * kernels[u, v, c, f]

    The kernel is not flipped (mathematicians call this a cross-correlation).

    Hint: a loop over all n, i, j and f is correct and far too slow. Fix one pair (u, v) in the formula
    instead: which pixels of ``padded`` do all the output pixels together need? A numpy slice can have a step.

    Args:
        images: (N, H, W, C).
        kernels: (kh, kw, C, F), one kernel of kh x kw pixels and C channels for each of F feature maps.
        biases: (F,).
        stride: pixels from one window to the next, the same downwards and to the right.
        padding: zeros added on each of the four sides.

    Returns:
        (N, H', W', F), where H' and W' follow from `conv_output_size`.
    """
    ### BEGIN SOLUTION
    kernel_height, kernel_width = kernels.shape[:2]
    rows = stride * conv_output_size(images.shape[1], kernel_height, stride, padding)
    columns = stride * conv_output_size(images.shape[2], kernel_width, stride, padding)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    return biases + sum(
        padded[:, u : u + rows : stride, v : v + columns : stride] @ kernels[u, v]
        for u in range(kernel_height)
        for v in range(kernel_width)
    )
    ### END SOLUTION


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Keep the largest value of every window, as ``keras.layers.MaxPooling2D`` does.

        output[n, i, j, c] = max over u, v < pool_size of images[n, stride*i + u, stride*j + v, c]

    Windows that would stick out on the right or at the bottom are dropped.

    Hint: compare the formula with that of `conv2d`. What stays, and what takes the place of the sum?

    Args:
        images: (N, H, W, C).
        pool_size: height and width of the window.
        stride: pixels from one window to the next; None means ``pool_size``, so windows touch.

    Returns:
        (N, H', W', C), where H' and W' follow from `conv_output_size`.
    """
    ### BEGIN SOLUTION
    stride = stride or pool_size
    rows = stride * conv_output_size(images.shape[1], pool_size, stride)
    columns = stride * conv_output_size(images.shape[2], pool_size, stride)
    return np.max(
        [
            images[:, u : u + rows : stride, v : v + columns : stride]
            for u in range(pool_size)
            for v in range(pool_size)
        ],
        axis=0,
    )
    ### END SOLUTION


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Build the network of the table in the handout: three convolutions, then one dense layer.

    Names, order and output shapes of the layers are those of the table. Use Keras's built-in layers only.

    Hint: compare ``model.summary()`` with the table, line by line. The padding of the convolutions decides
    whether their output is as large as their input.

    Args:
        input_shape: (H, W, C) of one image.
        num_classes: how many classes to tell apart.

    Returns:
        A ``keras.Model`` that maps images (N, H, W, C) to probabilities (N, num_classes).
    """
    ### BEGIN SOLUTION
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.GlobalMaxPooling2D(name="global_pool"),
            layers.Dropout(0.2, name="dropout"),
            layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )
    ### END SOLUTION


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Train a classifier in place.

    It minimises the cross-entropy, the mean of -log(probability that the model gives to the right class).

    Hint: set all seeds first, then compile, then fit. Labels are class numbers, not one-hot vectors, and the
    model returns probabilities, not logits: Keras has a loss for each combination, so choose with care.
    ``fit`` returns a history, and its ``history`` attribute is a dictionary.

    Args:
        model: as `build_classifier` returns it.
        images: (N, H, W, C) float32 in [0, 1].
        labels: (N,) class numbers, int32.
        epochs: how many times to go through all images.
        batch_size: images per step of the optimizer.
        seed: seed of everything random. The same seed gives the same training.

    Returns:
        A list of ``epochs`` floats: the mean training loss of every epoch.
    """
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    history = model.fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]
    ### END SOLUTION


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return what every layer of a model makes of some images: the data as it propagates.

    Hint: every layer of a built model knows its ``output``, and a new ``keras.Model`` may lead from
    ``model.inputs`` to any of these outputs, or to a list of them. It shares the weights, so there is nothing
    to train or copy. ``keras.layers.InputLayer`` is a layer as well, and has no place in the result.

    Args:
        model: a built ``keras.Model`` without branches.
        images: (N, H, W, C).

    Returns:
        A dictionary from layer name to numpy array (N, ...), the output of that layer with dropout switched
        off, in the order in which data passes the layers. Input layers are left out.
    """
    ### BEGIN SOLUTION
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    probe = keras.Model(model.inputs, [layer.output for layer in layers])
    outputs = probe(images, training=False)
    return {layer.name: np.asarray(output) for layer, output in zip(layers, outputs, strict=True)}
    ### END SOLUTION
