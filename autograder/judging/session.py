"""The state of grading one submission: what the pytest plugin reads, and the results that it adds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

import numpy as np

from autograder import datasets
from autograder.checks.replies import Replies
from autograder.checks.subject import Subject
from autograder.homework import Homework, HomeworkLimits
from autograder.judging.mode import Judge, Mode
from autograder.result import CheckResult
from autograder.sandbox.runner import Runner
from autograder.submission import Submission


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference solution.

    Attributes:
        files: declared name → text.
        runner: runs its code.
    """

    files: Mapping[str, str]
    runner: Runner


@dataclass
class GradingSession:
    """Everything that the checks of one submission share.

    Attributes:
        homework: the homework whose checks run.
        submission: the student's files.
        runner: runs student code.
        secret: the key from which all seeds are derived.
        mode: whether to give grades or to measure.
        solution: the reference; None on a student's machine.
        own_runner: runs the checks' own networks, in other processes than the submission's; if it is None,
            the runner of the reference does.
        limits: the limits of the submission's jobs on this machine; the homework's own if it is None.
        seeds: the name from which the seeds are derived; the student's if it is empty.
        repeats_far: whether a stochastic check repeats a run that is far from its threshold, see `Trials`.
        results: one record per check, in the order in which the checks ran.
        pictures: file name → PNG file, for the pictures that those records name.
    """

    homework: Homework
    submission: Submission
    runner: Runner
    secret: bytes
    _: KW_ONLY
    mode: Mode = field(default_factory=Judge)
    solution: Reference | None = None
    own_runner: Runner | None = None
    limits: HomeworkLimits | None = None
    seeds: str = ""
    repeats_far: bool = True
    results: list[CheckResult] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def root_seed(self) -> bytes:
        """The submission's own key: HMAC of the course secret over student and homework."""
        message = f"{self.seeds or self.submission.student}\0{self.homework.name}".encode()
        return hmac.digest(self.secret, message, "sha256")

    @cached_property
    def subject(self) -> Subject:
        """The submission, as checks use it."""
        module, files = self._first_module, self.submission.files
        seed, missing = _number(self.root_seed), self.submission.missing
        runner, own_runner = self._replies, self._own_replies
        return Subject(files, module, seed, self._limits, runner, missing=missing, own_runner=own_runner)

    @cached_property
    def reference(self) -> Subject | None:
        """The reference, as checks use it. One seed for all students, so its replies can be cached."""
        if self.solution is None:
            return None
        files, replies = self.solution.files, self._reference_replies
        return Subject(files, self._first_module, 0, self._limits, replies, of_reference=True)

    @property
    def _limits(self) -> HomeworkLimits:
        return self.limits or self.homework.limits

    @cached_property
    def _replies(self) -> Replies:
        return Replies(self.runner)

    @cached_property
    def _own_replies(self) -> Replies:
        of_reference = self.runner if self.solution is None else self.solution.runner
        return Replies(self.own_runner or of_reference)

    @cached_property
    def _reference_replies(self) -> Replies:
        assert self.solution is not None
        return Replies(self.solution.runner)

    def require_runners(self) -> None:
        """Refuse the results if a runner has failed meanwhile: pytest has caught its error in some check.

        Raises:
            RunnerError: the error; another runner is needed to grade this submission.
        """
        used = [self._replies, self._own_replies]
        if self.solution is not None:
            used.append(self._reference_replies)
        for replies in used:
            if replies.broken is not None:
                raise replies.broken

    @property
    def _first_module(self) -> str:
        """The module that is used when a check names none."""
        return self.homework.files[0].removesuffix(".py")

    @cached_property
    def dataset(self) -> datasets.Dataset:
        """The homework's data set."""
        return datasets.load(self.homework.dataset)

    def run_seed(self, stream: str, attempt: int) -> int:
        """Return the seed of one run: HMAC of the submission's key over a name and the attempt.

        Args:
            stream: a name for the purpose of the runs; checks with the same name share their runs.
            attempt: number of the run, from 0.
        """
        message = f"{stream}\0{attempt}".encode()
        return _number(hmac.digest(self.root_seed, message, "sha256"))

    def generator(self, check: str) -> np.random.Generator:
        """Return a random generator for one check; its numbers are the same for all students of a course.

        Args:
            check: identifier of the check.
        """
        message = f"{self.homework.name}\0{check}".encode()
        return np.random.default_rng(_number(hmac.digest(self.secret, message, hashlib.sha256)))

    @property
    def cpu_seconds(self) -> float:
        """Processor time in seconds of student code, its models, and our networks on its outputs so far."""
        return self._replies.cpu_seconds + self._own_replies.cpu_seconds

    @property
    def log(self) -> str:
        """What student code has printed so far; for staff only."""
        return self._replies.log + self._own_replies.log


def _number(key: bytes) -> int:
    """Return a seed below 2^31, which every library accepts."""
    return int.from_bytes(key[:4], "big") >> 1
