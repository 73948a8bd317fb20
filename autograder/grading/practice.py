"""Checks in a student's own folder: the same plugin, the same worker, the public checks only.

A student runs code of their own on a machine of their own, so this needs no isolation; where the machine
offers it, it is used, so that what works here works in grading.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from autograder import datasets
from autograder.calibration.certificate import THRESHOLDS, CertificateError, read_certificate
from autograder.datasets import DatasetError
from autograder.grading.mode import Judge
from autograder.grading.session import GradingSession
from autograder.homework import Homework, HomeworkError, load_homework
from autograder.sandbox.client import Zygote, ZygoteError
from autograder.sandbox.tier import probe
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission
from autograder.untrusted import student_name

_NO_SECRET: Final = b"practice"
CANNOT_START: Final = (
    *(HomeworkError, CertificateError, DatasetError),
    *(RejectedSubmission, UnclearSubmission, ZygoteError),
)
"""What `practice_session` raises; each message says what to do."""


def practice_session(folder: Path) -> tuple[GradingSession, Callable[[], None]]:
    """Open a session for the homework in ``folder``.

    Returns:
        The session, and a function that ends its warm process.

    Raises:
        HomeworkError: the folder holds no homework.
        DatasetError: the homework's data cannot be had.
        RejectedSubmission: the student's files cannot be read.
        ZygoteError: the warm process did not start.
    """
    return open_practice(load_homework(folder), folder)


def open_practice(
    homework: Homework, folder: Path, zygote: Zygote | None = None
) -> tuple[GradingSession, Callable[[], None]]:
    """Open a session for a homework and the folder with the student's files; see `practice_session`.

    Args:
        homework: the homework.
        folder: where the files are.
        zygote: a warm process that is there already; without it one is started.
    """
    submission = read_submission(Entry(student_name(folder.resolve().name), (folder,)), homework)
    datasets.load(homework.dataset)
    zygote = zygote or practice_zygote()
    thresholds = read_certificate(folder / THRESHOLDS).checks if (folder / THRESHOLDS).exists() else {}
    return GradingSession(homework, submission, zygote, _NO_SECRET, Judge(thresholds)), zygote.close


def practice_zygote() -> Zygote:
    """Start a warm process for a student's own checks.

    Raises:
        ZygoteError: it did not start.
    """
    return Zygote(VisiblePaths.for_this_python(), probe().tier)
