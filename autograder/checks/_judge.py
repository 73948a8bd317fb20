"""The judge: a small classifier whose features say how much generated images are like real ones.

It is trained once for a data set, by a script that is kept beside it, and stored as plain arrays with their
digest. It runs in the jail as a student's network does: what it looks at is a student's.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograder.checks.networks import layer, network
from autograder.checks.subject import Subject
from autograder.datasets import Dataset, digest_of

CLASSES: Final = 10
FEATURES: Final = 32
RECORD: Final = "judge.json"
_SLACK: Final = 1e-3  # a feature that never varies is divided by next to nothing


class JudgeError(RuntimeError):
    """The judge is missing or is not the one that was calibrated with: ours to mend."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a judge sees in some images.

    Attributes:
        features: (N, `FEATURES`), mean 0 and standard deviation 1 over the training images.
        labels: (N,), the class it takes each image for.
        classes: how many there are.
    """

    features: NDArray[np.float64]
    labels: NDArray[np.intp]
    classes: int = CLASSES


def feature_network() -> dict[str, Any]:
    """Describe the judge up to its features; one dense layer more tells the classes."""
    strided = {"strides": [2, 2], "padding": "same", "activation": "relu"}
    return network(
        "judge",
        (28, 28, 1),
        layer("Conv2D", "strokes", filters=16, kernel_size=[5, 5], **strided),
        layer("Conv2D", "shapes", filters=32, kernel_size=[3, 3], **strided),
        layer("Flatten", "flatten"),
        layer("Dropout", "dropout", rate=0.3),
        layer("Dense", "features", units=FEATURES, activation="relu"),
    )


@dataclass(frozen=True, slots=True)
class Judge:
    """A trained judge.

    Attributes:
        weights: of `feature_network`, in Keras's order.
        kernel: (`FEATURES`, `CLASSES`), of the layer that tells the classes.
        bias: (`CLASSES`,), of the same.
        mean: (`FEATURES`,), of each feature over the training images.
        deviation: (`FEATURES`,), of the same.
    """

    weights: tuple[NDArray[np.float32], ...]
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @property
    def digest(self) -> str:
        """``sha256:…`` over all arrays."""
        return digest_of(*self.weights, self.kernel, self.bias, self.mean, self.deviation)

    def look(self, images: NDArray[Any], subject: Subject) -> Looked:
        """Look at images.

        Args:
            images: (N, 28, 28, 1), from 0 to 1.
            subject: whose jail it runs in; the reference's remembers what it was asked.
        """
        described = {"config": json.dumps(feature_network()), "weights": list(self.weights)}
        raw = subject.student_model(described, "the judge").evaluate(images.astype(np.float32)).outputs
        features = (raw.astype(np.float64) - self.mean) / self.deviation
        return Looked(features, np.argmax(raw @ self.kernel + self.bias, axis=1))

    def save(self, folder: Path, dataset: Dataset, accuracy: float) -> None:
        """Write the arrays, and what is known about them, beside the judges of other data sets."""
        named: dict[str, Any] = {f"weight{place}": array for place, array in enumerate(self.weights)}
        named |= {"kernel": self.kernel, "bias": self.bias, "mean": self.mean, "deviation": self.deviation}
        np.savez(_arrays(folder, dataset.name), **named)
        record = _read_record(folder) if (folder / RECORD).exists() else {}
        record[dataset.name] = {"digest": self.digest, "dataset": dataset.digest, "accuracy": accuracy}
        (folder / RECORD).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def deviation_of(features: NDArray[Any]) -> NDArray[Any]:
    """Return what features are divided by: their standard deviations, none of them zero.

    Args:
        features: (N, `FEATURES`), of the training images.
    """
    result: NDArray[Any] = features.std(axis=0) + _SLACK * features.std()
    return result


def load_judge(folder: Path, dataset: Dataset) -> Judge:
    """Read the judge of a data set.

    Args:
        folder: the homework's solution.
        dataset: what it has to be trained with.

    Raises:
        JudgeError: there is none, or it or the data set is another than its record says.
    """
    train = f"Run: python {folder / 'train_judge.py'} {dataset.name}"
    try:
        record = _read_record(folder)[dataset.name]
        path = _arrays(folder, dataset.name)
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            names = [name for name in arrays.files if name.startswith("weight")]
            weights = tuple(arrays[f"weight{place}"] for place in range(len(names)))
            judge = Judge(weights, *(arrays[name] for name in ("kernel", "bias", "mean", "deviation")))
        recorded = (record["digest"], record["dataset"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise JudgeError(f"There is no judge for {dataset.name} in {folder} ({error}). {train}") from error
    if recorded != (judge.digest, dataset.digest):
        raise JudgeError(
            f"Expected the judge for {dataset.name} and its data to be those that {folder / RECORD} records. "
            f"Received: others. {train}, and calibrate again."
        )
    return judge


def _read_record(folder: Path) -> dict[str, Any]:
    """Return what is known about the judges of a homework: data set → digests and accuracy."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record


def _arrays(folder: Path, dataset: str) -> Path:
    """Return the file that holds a judge."""
    return folder / f"judge_{dataset}.npz"
