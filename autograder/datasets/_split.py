"""Data sets, and how one is split into training and hidden test images.

The split and the order depend only on the SHA-256 of each image. So two files that hold the same images in a
different order give the same data set.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class DatasetError(Exception):
    """A data set is unknown, missing or damaged; the message says what to do about it."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Images with their labels. Both arrays are read-only, because loaded data sets are shared.

    Attributes:
        images: float32 (N, 28, 28, 1), from 0 for paper to 1 for ink.
        labels: int32 (N,), the digit on each image.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int32]

    def __post_init__(self) -> None:
        self.images.setflags(write=False)
        self.labels.setflags(write=False)

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A data set with its hidden part.

    Attributes:
        name: as in ``homework.toml``.
        train: the images that students train with.
        test: the hidden images that their models are graded with.
        digest: ``sha256:…`` of all four arrays. A calibration is valid for one digest only.
    """

    name: str
    train: Split
    test: Split
    digest: str


def make_dataset(name: str, *, train: Split, test: Split) -> Dataset:
    """Return the data set of two splits, with its digest.

    Args:
        name: as in ``homework.toml``.
        train: the training images.
        test: the hidden images.
    """
    return Dataset(name, train, test, digest_of(train.images, train.labels, test.images, test.labels))


def digest_of(*arrays: NDArray[Any]) -> str:
    """Return ``sha256:…`` over each array's type, shape and bytes, the same on every machine."""
    total = hashlib.sha256()
    for array in arrays:
        little_endian = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        total.update(f"{little_endian.dtype.str} {little_endian.shape}\n".encode())
        total.update(little_endian.tobytes())
    return f"sha256:{total.hexdigest()}"


def distinct_by_hash(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Order images by the SHA-256 of their bytes, without duplicates.

    Of images with identical bytes, only the one with the smallest label is kept. So no image can be in both
    parts of a split.

    Args:
        images: (N, height, width).
        labels: (N,).

    Returns:
        At most N indices into ``images``.
    """
    hashes = [hashlib.sha256(image.tobytes()).digest() for image in images]
    chosen: dict[bytes, int] = {}
    for index in sorted(range(len(images)), key=lambda index: (hashes[index], labels[index])):
        chosen.setdefault(hashes[index], index)
    return np.fromiter(chosen.values(), dtype=np.intp)


def first_per_class(order: NDArray[np.intp], labels: NDArray[np.uint8], count: int) -> NDArray[np.bool_]:
    """Mark the first ``count`` images of every class.

    Args:
        order: (M,) indices into ``labels``.
        labels: (N,) the class of each image.
        count: how many to mark in each class.

    Returns:
        bool (M,), True where the element of ``order`` is marked.

    Raises:
        DatasetError: a class has fewer than ``count`` images.
    """
    marked = np.zeros(len(order), dtype=np.bool_)
    for digit in range(10):
        places = np.flatnonzero(labels[order] == digit)[:count]
        if len(places) < count:
            raise DatasetError(
                f"Expected at least {count} different images of the digit {digit}. Received: {len(places)}"
            )
        marked[places] = True
    return marked


def shuffled(images: NDArray[np.uint8], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Order indices by the reversed bytes of their images' hashes, as a reproducible shuffle.

    The hashes themselves decided the split. In their order the first or the last images would belong to a few
    classes only, and every batch should hold all classes.

    Args:
        images: (N, height, width).
        chosen: (M,) indices into ``images``.

    Returns:
        (M,) the same indices.
    """
    hashes = {index: hashlib.sha256(images[index].tobytes()).digest()[::-1] for index in chosen.tolist()}
    return np.array(sorted(hashes, key=hashes.__getitem__), dtype=np.intp)
