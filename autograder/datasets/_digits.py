"""``digits`` and ``centred_digits``: real handwritten digits, shipped with the package.

``digits`` is for classifiers: each 8x8 image is enlarged to 16x16 and placed on 28x28, several times at
random places. With centred digits a convolutional network would not be better than a linear model: both
classify about 96 of 100 correctly. ``centred_digits`` is for generators: the digits are larger and all in the
middle, so a small dense network learns to draw them in seconds. Training and test images are separated before
any image is copied, so no test image shows a digit of the training images.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autograder.datasets._split import (
    Dataset,
    Split,
    distinct_by_hash,
    first_per_class,
    make_dataset,
    shuffled,
)

INK: Final = 16  # the darkest value in the file
TEST_PER_CLASS: Final = 45
TRAIN_COPIES: Final = 3
TEST_COPIES: Final = 2
LARGE: Final = 16
CENTRED: Final = 20
STEPS: Final = INK * 10 * 10  # to enlarge a line from 8 to 20 pixels all weights are multiples of 1/10
CANVAS: Final = 28
TRAIN_SEED: Final = 20260101
TEST_SEED: Final = 20260102


def load_digits() -> Dataset:
    """Return 4,041 training images of 1,347 digits and 900 test images of 450 other digits."""
    images, labels, train, test = _load_split()
    return make_dataset(
        "digits",
        train=_scatter(images[train], labels[train], TRAIN_COPIES, TRAIN_SEED),
        test=_scatter(images[test], labels[test], TEST_COPIES, TEST_SEED),
    )


def load_centred_digits() -> Dataset:
    """Return 1,347 training images and 450 test images of the same digits, each once and in the middle."""
    images, labels, train, test = _load_split()
    return make_dataset(
        "centred_digits",
        train=_centre(images[train], labels[train]),
        test=_centre(images[test], labels[test]),
    )


def _load_split() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.intp], NDArray[np.intp]]:
    """Return the shipped images and labels, and the indices of the training and of the test images."""
    images, labels = read_digits()
    order = distinct_by_hash(images, labels)
    hidden = first_per_class(order, labels, TEST_PER_CLASS)
    return images, labels, shuffled(images, order[~hidden]), shuffled(images, order[hidden])


def read_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the shipped file: images (1797, 8, 8) of 0..16 and labels (1797,), both uint8."""
    path = files("autograder.datasets").joinpath("digits.npz")
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return archive["images"], archive["labels"]


def enlarge(images: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Resize square images by linear interpolation.

    Pixel centres are at half-integers. Outside the image the edge pixels are repeated.

    Args:
        images: (N, n, n).
        size: the new height and width.

    Returns:
        (N, size, size).
    """
    weights = _interpolation(images.shape[1], size)
    enlarged: NDArray[np.float32] = np.matmul(np.matmul(weights, images), weights.T)
    return enlarged


def _interpolation(old: int, new: int) -> NDArray[np.float32]:
    """Return the (new, old) matrix that resamples a line of ``old`` pixels to ``new``."""
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    distances = np.abs(np.clip(centres, 0, old - 1)[:, None] - np.arange(old))
    weights: NDArray[np.float32] = np.maximum(0, 1 - distances).astype(np.float32)
    return weights


def _scatter(images: NDArray[np.uint8], labels: NDArray[np.uint8], copies: int, seed: int) -> Split:
    """Place each image ``copies`` times at random; the whole set comes once before any image comes again."""
    large = np.tile(_enlarged(images, LARGE), (copies, 1, 1))
    # PCG64 by name, because numpy may change the generator of default_rng.
    random = np.random.Generator(np.random.PCG64(seed))
    corners = random.integers(0, CANVAS - LARGE, size=(len(large), 2), endpoint=True)
    canvas = np.zeros((len(large), CANVAS, CANVAS, 1), dtype=np.float32)
    for picture, image, (top, left) in zip(canvas, large, corners, strict=True):
        picture[top : top + LARGE, left : left + LARGE, 0] = image
    return Split(canvas, np.tile(labels, copies).astype(np.int32))


def _centre(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Split:
    """Place each image in the middle."""
    border = (CANVAS - CENTRED) // 2
    # Other processors round sums of products differently. All exact results are multiples of 1 / STEPS.
    exact = np.rint(_enlarged(images, CENTRED) * STEPS) / STEPS
    canvas = np.pad(exact.astype(np.float32), ((0, 0), (border, border), (border, border)))
    return Split(canvas[..., np.newaxis], labels.astype(np.int32))


def _enlarged(images: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """Return images (N, size, size) with values from 0 to 1."""
    ink: NDArray[np.float32] = np.divide(images, INK, dtype=np.float32)
    return enlarge(ink, size)
