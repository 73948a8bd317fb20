"""Decide whether the thresholds of a homework are valid here: under the conditions of its certificate."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.calibration.certificate import (
    CALIBRATION,
    CertificateError,
    Rule,
    read_certificate,
)
from autograder.calibration.conditions import conditions_here
from autograder.homework import SolvedHomework
from autograder.judging.mode import Judge


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
        return Judge(certificate.checks, f"certified: {certificate.claim}", certificate.cost)
    if not elsewhere:
        raise CertificateError(
            f"The thresholds of {homework.name} were calibrated under other conditions: "
            f"{'; '.join(differences)}.\nRun: autograder calibrate {homework.name}\n"
            "To use them nevertheless, add --calibrated-elsewhere; every result then says so."
        )
    return Judge(certificate.checks, f"not certified here: {'; '.join(differences)}", certificate.cost)
