"""What a data set is, and how one is cut into training and hidden test images.

Cut and order depend on the images alone, through the SHA-256 of their bytes: two files that hold the same
images in a different order give the same data set.
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
        name: what ``homework.toml`` calls it.
        train: what students train with.
        test: what their models are judged by.
        digest: ``sha256:…`` of all four arrays. A calibration holds for one digest only.
    """

    name: str
    train: Split
    test: Split
    digest: str


def make_dataset(name: str, *, train: Split, test: Split) -> Dataset:
    """Return the data set of two splits, with its digest."""
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
    """Order images by the SHA-256 of their bytes, and name each image once.

    Where images are byte for byte the same, the one with the smallest label stands for all of them. So no
    image can come to lie on both sides of a cut.

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
        bool (M,), True where that element of ``order`` belongs to them.

    Raises:
        DatasetError: a class has fewer images than that.
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


def mixed(images: NDArray[np.uint8], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Reorder indices by the hashes of their images, read backwards.

    Read forwards they decided the cut: in that order, the first or the last images would all be of those few
    classes whose cut came earliest or latest, and a batch has to hold all of them.

    Args:
        images: (N, height, width).
        chosen: (M,) indices into ``images``.

    Returns:
        (M,) the same indices.
    """
    hashes = {index: hashlib.sha256(images[index].tobytes()).digest()[::-1] for index in chosen.tolist()}
    return np.array(sorted(hashes, key=hashes.__getitem__), dtype=np.intp)
