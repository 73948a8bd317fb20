"""Checks of images that a network draws again: an autoencoder, or one that removes noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["linear_code", "signal_to_noise", "squared_error"]

Array = NDArray[Any]


def squared_error(images: Array, others: Array) -> float:
    """Return the mean squared difference of a pixel.

    Args:
        images: any shape.
        others: the same shape.
    """
    return float(np.mean((images.astype(np.float64) - others) ** 2))


def signal_to_noise(images: Array, clean: Array) -> float:
    """Return the peak signal-to-noise ratio of images with values from 0 to 1, in decibels.

    It is -10 times the base-10 logarithm of the squared error: 10 dB more are a tenth of the error.

    Args:
        images: what is judged.
        clean: what they should be; the same shape.
    """
    return float(-10 * np.log10(max(squared_error(images, clean), 1e-12)))


def linear_code(training: Array, images: Array, size: int) -> Array:
    """Return what the best linear code makes of images: principal component analysis.

    Among all encoders and decoders that are linear, with a constant, none with ``size`` numbers has a smaller
    squared error on the training images (Baldi and Hornik 1989, "Neural networks and principal component
    analysis").

    Args:
        training: (N, ...), from which the code is computed; N at least ``size``.
        images: (M, ...), drawn again.
        size: numbers for each image.

    Returns:
        (M, ...) as the linear decoder draws them.
    """
    flat, seen = (each.reshape(len(each), -1).astype(np.float64) for each in (training, images))
    mean = flat.mean(axis=0)
    # The covariance has as many rows as an image has pixels, however many images there are.
    _, directions = np.linalg.eigh((flat - mean).T @ (flat - mean))
    best = directions[:, -size:]  # eigenvalues ascend
    drawn: Array = mean + (seen - mean) @ best @ best.T
    return drawn.reshape(images.shape)
