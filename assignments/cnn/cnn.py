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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError
