"""Decide whether the thresholds of a homework are valid here: under the conditions of its certificate."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Final

from autograder import datasets
from autograder.calibration.certificate import (
    CALIBRATION,
    CertificateError,
    Conditions,
    Rule,
    read_certificate,
)
from autograder.grading.mode import Judge
from autograder.homework import SolvedHomework
from autograder.sandbox.runtime import THREADS

_LIBRARIES: Final = {"tensorflow": ("tensorflow-cpu", "tensorflow"), "keras": ("keras",), "numpy": ("numpy",)}


def conditions_here(homework: SolvedHomework) -> Conditions:
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


def certify(homework: SolvedHomework, rules: Mapping[str, Rule], *, elsewhere: bool = False) -> Judge:
    """Return the mode for grading: the thresholds of the stochastic checks, and a sentence about them.

    Args:
        homework: the homework to grade.
        rules: how each stochastic check decides, see `verify_manifest`.
        elsewhere: accept thresholds that were calibrated under other conditions; the sentence then says so.

    Raises:
        CertificateError: the checks were never calibrated, or under other conditions; the message says what
            to do.
        DatasetError: the data set cannot be loaded.
    """
    if not rules:
        return Judge()
    path = homework.solution / CALIBRATION
    if not path.exists():
        raise CertificateError(
            f"The homework {homework.name} has stochastic checks ({', '.join(rules)}) and no calibration. "
            f"Run: autograder calibrate {homework.name}"
        )
    certificate = read_certificate(path)
    if certificate.homework != homework.name:
        raise CertificateError(
            f"Expected the calibration of {homework.name} at {path}. Received: that of "
            f"{certificate.homework}. Run: autograder calibrate {homework.name}"
        )
    certificate.require(rules)
    differences = certificate.conditions.differences(conditions_here(homework))
    if not differences:
        return Judge(certificate.checks, f"certified: {certificate.claim}")
    if not elsewhere:
        raise CertificateError(
            f"The thresholds of {homework.name} were calibrated under other conditions: "
            f"{'; '.join(differences)}.\nRun: autograder calibrate {homework.name}\n"
            "To use them nevertheless, add --calibrated-elsewhere; every result then says so."
        )
    return Judge(certificate.checks, f"not certified here: {'; '.join(differences)}")


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
