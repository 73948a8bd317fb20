"""Metrics of reconstructed images: from an autoencoder, or from a network that removes noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["linear_code", "signal_to_noise", "squared_error"]

Array = NDArray[Any]


def squared_error(images: Array, others: Array) -> float:
    """Return the mean squared difference between pixels.

    Args:
        images: an array of any shape.
        others: an array of the same shape.
    """
    return float(np.mean((images.astype(np.float64) - others) ** 2))


def signal_to_noise(images: Array, clean: Array) -> float:
    """Return the peak signal-to-noise ratio of images with values from 0 to 1, in decibels.

    It is -10 times the base-10 logarithm of the mean squared error: 10 dB more mean a tenth of the error.

    Args:
        images: the images to judge.
        clean: the images without noise, in the same shape.
    """
    return float(-10 * np.log10(max(squared_error(images, clean), 1e-12)))


def linear_code(training: Array, images: Array, size: int) -> Array:
    """Return images as reconstructed by the best linear code: principal component analysis.

    Take all pairs of an affine encoder and an affine decoder with ``size`` numbers for each image. None has a
    smaller squared error on the training images than this code. (Baldi and Hornik 1989, "Neural networks and
    principal component analysis".)

    Args:
        training: (N, ...), the images that the code is computed from; N at least ``size``.
        images: (M, ...), the images to encode and decode.
        size: numbers in the code of one image.

    Returns:
        (M, ...), the decoded images.
    """
    flat, seen = (each.reshape(len(each), -1).astype(np.float64) for each in (training, images))
    mean = flat.mean(axis=0)
    # The size of the covariance depends on the pixels of one image, not on the number of images.
    _, directions = np.linalg.eigh((flat - mean).T @ (flat - mean))
    best = directions[:, -size:]  # eigenvalues ascend
    drawn: Array = mean + (seen - mean) @ best @ best.T
    return drawn.reshape(images.shape)
