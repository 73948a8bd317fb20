"""The judge: a small classifier whose features measure how similar generated images are to real ones.

A script beside the reference trains the judge once for each data set. Its weights are stored as plain arrays
with their digest. The judge runs in the sandbox, because its inputs come from a student, but never in a
process that runs a student's network.
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
_SLACK: Final = 1e-3  # keeps the divisor above zero for a feature that never varies


class JudgeError(RuntimeError):
    """The judge is missing, or another one was used for the calibration: staff must fix this."""


@dataclass(frozen=True, slots=True)
class JudgeOutput:
    """What a judge computes for N images.

    Attributes:
        features: (N, `FEATURES`), scaled to mean 0 and standard deviation 1 over the training images.
        labels: (N,), the most likely class of each image.
        classes: the number of classes.
    """

    features: NDArray[np.float64]
    labels: NDArray[np.intp]
    classes: int = CLASSES


def feature_network() -> dict[str, Any]:
    """Return the description of the judge's network up to its features.

    One more dense layer, `Judge.kernel` and `Judge.bias`, computes the classes.
    """
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
        weights: the weights of `feature_network`, in Keras's order.
        kernel: (`FEATURES`, `CLASSES`), the kernel of the layer that computes the classes.
        bias: (`CLASSES`,), the bias of the same layer.
        mean: (`FEATURES`,), the mean of each feature over the training images.
        deviation: (`FEATURES`,), what each feature is divided by; see `deviation_of`.
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

    def look(self, images: NDArray[Any], subject: Subject) -> JudgeOutput:
        """Compute the features and the classes of images.

        Args:
            images: (N, 28, 28, 1), from 0 to 1.
            subject: whose images they are. The judge never shares a process with a student's network. The
                reference's replies are cached, so equal images are computed once.

        Raises:
            RefusedModel: the judge's outputs are not finite.
            EvaluatorError: the judge could not be run.
        """
        described = {"config": json.dumps(feature_network()), "weights": list(self.weights)}
        raw = subject.own_model(described, "the judge").evaluate(images.astype(np.float32)).outputs
        features = (raw.astype(np.float64) - self.mean) / self.deviation
        return JudgeOutput(features, np.argmax(raw @ self.kernel + self.bias, axis=1))

    def save(self, folder: Path, dataset: Dataset, accuracy: float) -> None:
        """Write the judge's arrays and its entry in the record of all judges.

        Args:
            folder: the homework's solution, which also holds the judges of other data sets.
            dataset: the data set that the judge was trained with.
            accuracy: the judge's accuracy on the test images, for the record.
        """
        named: dict[str, Any] = {f"weight{place}": array for place, array in enumerate(self.weights)}
        named |= {"kernel": self.kernel, "bias": self.bias, "mean": self.mean, "deviation": self.deviation}
        np.savez(_arrays(folder, dataset.name), **named)
        record = _read_record(folder) if (folder / RECORD).exists() else {}
        record[dataset.name] = {"digest": self.digest, "dataset": dataset.digest, "accuracy": accuracy}
        (folder / RECORD).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def deviation_of(features: NDArray[Any]) -> NDArray[Any]:
    """Return the divisors of the features: their standard deviations, each made larger than zero.

    Args:
        features: (N, `FEATURES`), of the training images.

    Returns:
        (`FEATURES`,) divisors.
    """
    result: NDArray[Any] = features.std(axis=0) + _SLACK * features.std()
    return result


def load_judge(folder: Path, dataset: Dataset) -> Judge:
    """Read the judge of a data set.

    Args:
        folder: the homework's solution.
        dataset: the data set that the judge must have been trained with.

    Raises:
        JudgeError: the judge's files are missing or damaged, or the digest of the judge or of the data set
            differs from the record.
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
            f"Expected the digests of the judge for {dataset.name} and of its data set as recorded in "
            f"{folder / RECORD}. Received: other digests. {train}, and calibrate again."
        )
    return judge


def _read_record(folder: Path) -> dict[str, Any]:
    """Return the record of a homework's judges: data set → digests and accuracy."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record


def _arrays(folder: Path, dataset: str) -> Path:
    """Return the path of a judge's arrays."""
    return folder / f"judge_{dataset}.npz"
