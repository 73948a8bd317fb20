"""The data sets of the homeworks.

`load_train` is for students and notebooks: it returns training images only. `load` is for the grader: it also
returns the hidden test images and their labels. Both need numpy, and no larger library.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from autograder.datasets._digits import load_centred_digits, load_digits
from autograder.datasets._mnist import VARIABLE as MNIST_VARIABLE
from autograder.datasets._mnist import keras_cache as mnist_cache
from autograder.datasets._mnist import load_mnist
from autograder.datasets._none import load_none
from autograder.datasets._split import Dataset, DatasetError, Split, digest_of

__all__ = [
    "MNIST_VARIABLE",
    "NAMES",
    "Dataset",
    "DatasetError",
    "Split",
    "digest_of",
    "load",
    "load_train",
    "mnist_cache",
]

_LOADERS: Final = {
    "digits": load_digits,
    "centred_digits": load_centred_digits,
    "mnist": load_mnist,
    "none": load_none,
}

NAMES: Final = tuple(_LOADERS)


@cache
def load(name: str) -> Dataset:
    """Return a data set with its hidden part. Each process reads it once.

    Args:
        name: one of `NAMES`.

    Returns:
        The same object each time; its arrays are read-only.

    Raises:
        DatasetError: the name is unknown, or the images are missing or invalid.
    """
    if name not in _LOADERS:
        raise DatasetError(f"Expected one of the data sets {', '.join(NAMES)}. Received: {name!r}")
    return _LOADERS[name]()


def load_train(name: str) -> Split:
    """Return the training images of a data set and their labels.

    Args:
        name: one of `NAMES`.

    Returns:
        float32 images (N, 28, 28, 1) in [0, 1] and int32 labels (N,), read-only.

    Raises:
        DatasetError: the name is unknown, or the images are missing or invalid.
    """
    return load(name).train
