"""The conditions under which a homework would be calibrated or graded on this machine."""

from __future__ import annotations

import importlib.metadata
from typing import Final

from autograder import datasets
from autograder.calibration.certificate import Conditions
from autograder.homework import Homework
from autograder.sandbox.runtime import THREADS

_LIBRARIES: Final = {"tensorflow": ("tensorflow-cpu", "tensorflow"), "keras": ("keras",), "numpy": ("numpy",)}


def conditions_here(homework: Homework) -> Conditions:
    """Return the conditions under which a homework would be calibrated or graded here.

    Raises:
        DatasetError: the data set cannot be loaded.
    """
    return Conditions(
        dataset=homework.dataset,
        dataset_digest=datasets.load(homework.dataset).digest,
        versions=library_versions(),
        threads=THREADS,
        parameters=homework.parameters,
    )


def library_versions() -> dict[str, str]:
    """Return library name → installed version for the libraries that results depend on; "none" if missing."""
    return {name: _version(packages) for name, packages in _LIBRARIES.items()}


def _version(packages: tuple[str, ...]) -> str:
    """Return the version of the first installed package of ``packages``; "none" without one."""
    for package in packages:
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "none"
