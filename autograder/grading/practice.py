"""Run the public checks in a student's own folder, with the plugin and the worker that grading uses.

Students run their own code on their own machine, so isolation is not necessary here. Where the machine offers
isolation, it is used nevertheless, so that code which works here also works in grading.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from autograder import datasets
from autograder.calibration.certificate import THRESHOLDS, CertificateError, read_certificate
from autograder.datasets import DatasetError
from autograder.grading.mode import Judge
from autograder.grading.session import GradingSession
from autograder.homework import Homework, HomeworkError, load_homework
from autograder.sandbox.client import Zygote
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.runner import LocalRunner, RunnerError
from autograder.sandbox.tier import probe
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission
from autograder.untrusted import student_name

_NO_SECRET: Final = b"practice"
CANNOT_START: Final = (
    *(HomeworkError, CertificateError, DatasetError),
    *(RejectedSubmission, UnclearSubmission, RunnerError),
)
"""What `practice_session` raises; each message says what to do."""


def practice_session(folder: Path) -> tuple[GradingSession, Callable[[], None]]:
    """Open a session for the homework in ``folder``.

    Returns:
        The session, and a function that ends the processes that were started for it.

    Raises:
        HomeworkError: the folder holds no homework.
        DatasetError: the homework's data set cannot be loaded.
        CertificateError: the file with the thresholds is invalid.
        RejectedSubmission, UnclearSubmission: the student's files cannot be read.
        RunnerError: the runner did not start.
    """
    return open_practice(load_homework(folder), folder)


def open_practice(
    homework: Homework, folder: Path, runner: LocalRunner | None = None
) -> tuple[GradingSession, Callable[[], None]]:
    """Open a session for a homework and the folder with the student's files; see `practice_session`.

    Args:
        homework: the homework.
        folder: the folder with the student's files.
        runner: a runner that was started already, and is not ended with the session; one is started if it is
            None.
    """
    submission = read_submission(Entry(student_name(folder.resolve().name), (folder,)), homework)
    datasets.load(homework.dataset)
    thresholds = read_certificate(folder / THRESHOLDS).checks if (folder / THRESHOLDS).exists() else {}
    with contextlib.ExitStack() as stack:
        host = runner or stack.enter_context(contextlib.closing(start_runner()))
        theirs, ours = (stack.enter_context(SharedEvaluator(host)) for _ in range(2))
        judge = Judge(thresholds)
        session = GradingSession(homework, submission, theirs, _NO_SECRET, judge, own_runner=ours)
        return session, stack.pop_all().close


def start_runner() -> LocalRunner:
    """Start what runs a student's own code on their machine: here it is chosen.

    Raises:
        RunnerError: it did not start.
    """
    return Zygote(VisiblePaths.for_this_python(), probe().tier)
