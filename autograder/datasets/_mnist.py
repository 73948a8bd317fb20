"""``mnist``: a part of MNIST, small enough to train on as homework.

The images come from a file on this machine, or from the download of Keras. The download runs in another
process, so that this process never imports TensorFlow. The data set has 600 training and 100 test images of
every digit, chosen by their hash: the same images always give the same data set.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograder.datasets._split import (
    Dataset,
    DatasetError,
    Split,
    distinct_by_hash,
    first_per_class,
    make_dataset,
    shuffled,
)

VARIABLE: Final = "AUTOGRADER_MNIST"
TRAIN_PER_CLASS: Final = 600
TEST_PER_CLASS: Final = 100
DOWNLOAD: Final = "import keras; keras.datasets.mnist.load_data()"
DOWNLOAD_SECONDS: Final = 300.0

_Labelled: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def load_mnist() -> Dataset:
    """Return 6,000 training images of MNIST's training part and 1,000 test images of its test part.

    Raises:
        DatasetError: there is no file and the download failed, or the file is not MNIST.
    """
    path = _find()
    (train_images, train_labels), (test_images, test_labels) = _read(path)
    try:
        test = _sample(test_images, test_labels, TEST_PER_CLASS)
        known = {image.tobytes() for image in test_images}
        fresh = np.array([image.tobytes() not in known for image in train_images], dtype=np.bool_)
        train = _sample(train_images[fresh], train_labels[fresh], TRAIN_PER_CLASS)
    except DatasetError as error:
        raise DatasetError(f"{path} holds too few images. {error}") from error
    return make_dataset("mnist", train=train, test=test)


def _find() -> Path:
    """Return the file to read; download it if it is missing."""
    if named := os.environ.get(VARIABLE):
        if not Path(named).is_file():
            raise DatasetError(
                f"The environment variable {VARIABLE} names {named}, and there is no such file. "
                "Correct or unset the variable."
            )
        return Path(named)
    cached = keras_cache()
    if not cached.is_file():
        _download(cached)
    return cached


def keras_cache() -> Path:
    """Return the path at which Keras stores MNIST; the file may be missing."""
    named = os.environ.get("KERAS_HOME")
    home = Path(named) if named else Path.home() / ".keras"
    return home / "datasets" / "mnist.npz"


def _download(cached: Path) -> None:
    """Let Keras download MNIST to ``cached``.

    Raises:
        DatasetError: the file is still missing; the message says how to get it.
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-c", DOWNLOAD],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
        reason = (ended.stderr.strip() or "Keras wrote no such file").splitlines()[-1]
    except subprocess.TimeoutExpired:
        reason = f"no answer within {DOWNLOAD_SECONDS:g} s"
    except OSError as error:
        reason = str(error)
    if not cached.is_file():
        raise DatasetError(
            f"MNIST is not at {cached}, and it could not be downloaded ({reason}). One of these helps: "
            f'connect to the internet and run  python -c "{DOWNLOAD}"  once; '
            f"copy a mnist.npz to {cached}; or set {VARIABLE} to the path of one."
        )


def _read(path: Path) -> tuple[_Labelled, _Labelled]:
    """Return the training and the test part of a file that has the form of Keras's mnist.npz.

    Raises:
        DatasetError: the file cannot be read, or holds other arrays.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            parts = {key: archive[key] for key in ("x_train", "y_train", "x_test", "y_test")}
    except KeyError as error:
        raise DatasetError(f"Expected the keys of Keras's mnist.npz in {path}. Missing: {error}") from error
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        named = f" (named by {VARIABLE})" if os.environ.get(VARIABLE) else ""
        raise DatasetError(
            f"{path}{named} cannot be read as a numpy archive: {error}. Replace it with a whole mnist.npz."
        ) from error
    for part in ("train", "test"):
        _validate(path, part, parts[f"x_{part}"], parts[f"y_{part}"])
    return (parts["x_train"], parts["y_train"]), (parts["x_test"], parts["y_test"])


def _validate(path: Path, part: str, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Refuse arrays that are not labelled 28x28 digits."""
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise DatasetError(
            f"{path}: expected x_{part} to be uint8 (N, 28, 28). Received: {images.dtype} {images.shape}"
        )
    if labels.dtype != np.uint8 or labels.shape != (len(images),):
        raise DatasetError(
            f"{path}: expected y_{part} to be uint8 ({len(images)},). Received: {labels.dtype} {labels.shape}"
        )
    if labels.size and labels.max() > 9:
        raise DatasetError(f"{path}: expected the labels y_{part} in 0..9. Received: {labels.max()}")


def _sample(images: NDArray[np.uint8], labels: NDArray[np.uint8], per_class: int) -> Split:
    """Return ``per_class`` images of every class, those with the smallest hashes."""
    order = distinct_by_hash(images, labels)
    chosen = shuffled(images, order[first_per_class(order, labels, per_class)])
    pixels: NDArray[np.float32] = np.divide(images[chosen][..., None], 255, dtype=np.float32)
    return Split(pixels, labels[chosen].astype(np.int32))
