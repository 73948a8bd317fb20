"""Run the public checks in a student's own folder, with the plugin and the worker that grading uses.

Students run their own code on their own machine, so isolation is not necessary here. Where the machine offers
isolation, it is used nevertheless, so that code which works here also works in grading.

What ran before is not run again, unless something changed that it can reach: see `fine_replies`. The store of
earlier replies belongs to the user; grading never reads it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from autograder import datasets
from autograder.calibration.certificate import THRESHOLDS, CertificateError, read_certificate
from autograder.calibration.cost import allowance
from autograder.datasets import DatasetError
from autograder.homework import Homework, HomeworkError, load_homework
from autograder.judging.budget import Budget, limits_here
from autograder.judging.mode import Judge
from autograder.judging.run_checks import collect_checks, run_checks
from autograder.judging.session import GradingSession
from autograder.known.fine_replies import fine_replies
from autograder.known.reach import Source
from autograder.known.replies import context_of_replies
from autograder.known.speed import machine_measure, measure_now
from autograder.practice.asked_checks import CheckSources, asked_checks, unread_files
from autograder.practice.lazy_runner import Announced, LazyRunner
from autograder.practice.own_store import practice_store
from autograder.practice.turns import PracticeTurns
from autograder.result import CheckResult
from autograder.sandbox.client import TENSORFLOW, Zygote
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.runner import RunnerError
from autograder.sandbox.scratch import sweep
from autograder.sandbox.tier import Tier, probe
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry, RejectedSubmission, UnclearSubmission, read_submission
from autograder.untrusted import student_name

_NO_SECRET: Final = b"practice"
_WITHOUT_TENSORFLOW: Final = ("numpy",)
CANNOT_START: Final = (
    *(HomeworkError, CertificateError, DatasetError),
    *(RejectedSubmission, UnclearSubmission, RunnerError),
)
"""What `practice_session` and `Practice.run` raise; each message says what to do."""


@dataclass(frozen=True)
class Practice:
    """The public checks of one homework, ready to run once on a student's files.

    Attributes:
        session: the session of the checks.
        runner: runs the student's code.
        turns: the order of the checks, and which verdicts come from earlier runs.
        evaluators: those of the student's networks and of the checks' own.
    """

    session: GradingSession
    runner: LazyRunner
    turns: PracticeTurns
    evaluators: tuple[SharedEvaluator, ...]

    def run(self, only: Collection[str] = ()) -> list[CheckResult]:
        """Run checks; return their records in the homework's own order.

        Args:
            only: identifiers of the checks to run; the checks that they need run as well. All if empty.

        Raises:
            RunnerError: student code cannot be run.
            ChecksBroken: the checks cannot be run.
            KeyboardInterrupt: the run was interrupted.
        """
        try:
            run_checks(self.session, only, self.turns)
        finally:
            self.close()
        self.turns.finish()
        if self.runner.failed is not None:
            raise self.runner.failed
        return sorted(self.session.results, key=lambda result: self.turns.places[result.id])

    def close(self) -> None:
        """End the evaluators; the runner goes on."""
        for evaluator in self.evaluators:
            evaluator.close()

    def asked(self, names: Collection[str]) -> frozenset[str]:
        """Return the identifiers of the checks that these names mean: checks, or functions of the student.

        Raises:
            HomeworkError: there is no such check or function.
        """
        if not names:
            return frozenset()
        homework, submission = self.session.homework, self.session.submission
        return asked_checks(
            names,
            collect_checks(homework).checks,
            CheckSources(homework),
            Source(submission.files),
            unread_files(submission.files, submission.missing),
        )


def practice_session(folder: Path) -> tuple[GradingSession, Callable[[], None]]:
    """Open a session for the homework in ``folder``, for plain pytest.

    Returns:
        The session, and a function that ends the processes that were started for it.

    Raises:
        HomeworkError: the folder holds no homework.
        DatasetError: the homework's data set cannot be loaded.
        CertificateError: the file with the thresholds is invalid.
        RejectedSubmission, UnclearSubmission: the student's files cannot be read.
        RunnerError: the runner did not start.
    """
    runner = start_runner()
    practice = open_practice(load_homework(folder), folder, runner)
    runner.warm_up()  # pytest shows why this fails once, and not in every check
    with contextlib.ExitStack() as stack:
        stack.callback(runner.close)
        stack.callback(practice.close)
        return practice.session, stack.pop_all().close


def open_practice(
    homework: Homework, folder: Path, runner: LazyRunner, *, fresh: bool = False, repeat: bool = False
) -> Practice:
    """Read the student's files, and prepare a run of the checks; see `practice_session` for what it raises.

    Args:
        homework: the homework.
        folder: the folder with the student's files.
        runner: runs the student's code.
        fresh: run everything, also what is known from earlier runs.
        repeat: repeat a run that is far from its threshold, as grading does.
    """
    submission = read_submission(Entry(student_name(folder.resolve().name), (folder,)), homework)
    datasets.load(homework.dataset)
    public = read_certificate(folder / THRESHOLDS) if (folder / THRESHOLDS).exists() else None
    mode = Judge() if public is None else Judge(public.checks, cost=public.cost)
    allow = partial(allowance, homework.limits, mode.cost)
    limits = limits_here(allow(machine_measure()), homework.limits)
    theirs, ours = SharedEvaluator(runner), SharedEvaluator(runner)
    jobs = Announced(theirs, runner.announce)
    store = practice_store(homework.folder)
    known = (
        fine_replies(jobs, store, context_of_replies(_tier()), read=not fresh) if store is not None else jobs
    )
    budget = Budget(known, allow, machine_measure(), measure_now)
    session = GradingSession(
        *(homework, submission, budget, _NO_SECRET),
        mode=mode,
        own_runner=ours,
        limits=limits,
        repeats_far=repeat,
    )
    turns = PracticeTurns(
        homework,
        Source(submission.files),
        store,
        jobs,
        lambda: session.cpu_seconds,
        lambda: budget.refused,
    )
    return Practice(session, runner, turns, (theirs, ours))


def start_runner() -> LazyRunner:
    """Return what runs a student's own code on their machine: here it is chosen. It starts when necessary.

    What a run left that was killed is removed first.
    """
    sweep()
    return LazyRunner(
        lambda with_tensorflow: Zygote(
            VisiblePaths.for_this_python(), _tier(), TENSORFLOW if with_tensorflow else _WITHOUT_TENSORFLOW
        )
    )


@cache
def _tier() -> Tier:
    """Return the strictest tier that this machine offers."""
    return probe().tier
