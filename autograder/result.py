"""The results of grading: a record for each check and for each submission, and the terms in them.

A submission's record is one line of JSON in ``results.jsonl``. The number ``schema`` is increased when a
field changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from autograder._typed_json import read_record

SCHEMA = 1


class _Term(StrEnum):
    """A fixed term. Its string value is written into records and read by other programs.

    Attributes:
        words: the text for people, the same on the terminal, in a notebook, in feedback and in a report.
    """

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        term = str.__new__(cls, value)
        term._value_ = value
        term.words = words or value
        return term


class CheckStatus(_Term):
    """How one check ended."""

    PASSED = "passed"
    PARTIAL = "partial", "partly passed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted", "not attempted"
    ERROR = "error", "raised an error"
    TIMEOUT = "timeout", "out of time"
    OUT_OF_MEMORY = "out_of_memory", "out of memory"
    CRASHED = "crashed"
    REFUSED = "refused"
    SKIPPED = "skipped"
    GRADER_ERROR = "grader_error", "grader fault"


class SubmissionStatus(_Term):
    """How one submission ended.

    ``rejected``: the submission could not be read; the record has a reason, and the score is 0.
    ``needs_staff``: the grader failed, or staff have to decide; there is no score, because a fault of the
    grader is never a zero.
    """

    GRADED = "graded"
    NEEDS_STAFF = "needs_staff", "needs staff"
    REJECTED = "rejected"


class Visibility(StrEnum):
    """Whether students get the check's source."""

    PUBLIC = "public"
    HIDDEN = "hidden"


class Direction(_Term):
    """Which values of a metric are good."""

    AT_LEAST = "at_least", "at least"
    AT_MOST = "at_most", "at most"

    def reaches(self, value: float | None, threshold: float) -> bool:
        """Return whether a value reaches the threshold; None and NaN never do."""
        if value is None:
            return False
        return value >= threshold if self is Direction.AT_LEAST else value <= threshold

    def worst(self, values: Iterable[float]) -> float:
        """Return the worst value."""
        return min(values) if self is Direction.AT_LEAST else max(values)

    def best(self, values: Iterable[float]) -> float:
        """Return the best value."""
        return max(values) if self is Direction.AT_LEAST else min(values)

    def margin(self, better: float, worse: float) -> float:
        """Return by how much ``better`` is better than ``worse``; negative if it is worse."""
        return better - worse if self is Direction.AT_LEAST else worse - better


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a stochastic check.

    Attributes:
        seed: the seed of the run.
        value: the measured value; None if the run gave no finite number.
    """

    seed: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The runs from which a stochastic check got its verdict.

    Attributes:
        what: the metric's name.
        direction: which values are good.
        threshold: the value that a run had to reach; None during a calibration.
        runs: the largest allowed number of runs.
        trials: the runs that took place; the last one decided.
    """

    what: str
    direction: Direction
    threshold: float | None
    runs: int
    trials: tuple[Trial, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The measured values, without the runs that gave no number."""
        return tuple(trial.value for trial in self.trials if trial.value is not None)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A picture that a check kept.

    Attributes:
        name: the name of its PNG file.
        caption: the text below the picture.
    """

    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check of one submission.

    Attributes:
        id: the check's identifier.
        title: the check's title for people.
        visibility: whether students get the check's source.
        score: the points that the submission got.
        max_score: the points of the check.
        status: how the check ended.
        message: what happened, for the student.
        hint: where to look, for the student.
        metrics: name → value of each figure that the check recorded.
        measurement: the runs of a stochastic check; None for other checks.
        artifacts: the pictures, for the student.
        detail: any text, such as a traceback; for staff only.
    """

    id: str
    title: str
    visibility: Visibility
    score: float
    max_score: float
    status: CheckStatus
    message: str = ""
    hint: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    measurement: Measurement | None = None
    artifacts: tuple[Artifact, ...] = ()
    detail: str = ""


def time_now() -> str:
    """Return the time in UTC, such as ``2026-11-29T14:05:10+00:00``."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class JobSeconds:
    """Processor seconds of the jobs of a submission: of its code and its networks, and not of ours.

    Attributes:
        call: the longest job without training.
        training: the longest job with training.
        total: all jobs together.
    """

    call: float = 0.0
    training: float = 0.0
    total: float = 0.0

    def rounded(self) -> JobSeconds:
        """Return the seconds with three decimals."""
        return JobSeconds(round(self.call, 3), round(self.training, 3), round(self.total, 3))

    def plus(self, seconds: float, *, training: bool) -> JobSeconds:
        """Return the seconds with one more job."""
        return JobSeconds(
            self.call if training else max(self.call, seconds),
            max(self.training, seconds) if training else self.training,
            self.total + seconds,
        )


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """The result of one submission.

    Attributes:
        student: the student's name.
        homework: the homework's name.
        digest: the digest of the submitted files; empty if they could not be read.
        status: how the submission ended.
        score: the student's points; None exactly when ``status`` is ``needs_staff``.
        max_score: the points of the homework.
        isolation: the isolation tier that the student's code ran at.
        calibration: how often the stochastic checks fail a correct solution, or why this is not known.
        seed: the submission's seed.
        seconds: wall time of the grading, in seconds.
        cpu_seconds: processor time of all jobs, in seconds.
        jobs: processor time of its jobs, in seconds; what its limits are about.
        handed_in: when it was handed in, in UTC, as far as its files say; see `handed_in_at`.
        graded_at: when it was graded, in UTC. A known result keeps its time.
        reason: why the submission was rejected or needs staff; else empty.
        checks: the results of the checks, in the order in which they ran.
    """

    student: str
    homework: str
    digest: str
    status: SubmissionStatus
    score: float | None
    max_score: float
    isolation: str = ""
    calibration: str = ""
    seed: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    jobs: JobSeconds = JobSeconds()
    handed_in: str = ""
    graded_at: str = ""
    reason: str = ""
    checks: tuple[CheckResult, ...] = ()

    def to_json(self) -> str:
        """Return the record as one line of JSON, without the newline."""
        text = json.dumps({"schema": SCHEMA} | asdict(self), ensure_ascii=False, allow_nan=False)
        # A folder's name may contain bytes that are not UTF-8. Python escapes them in JSON's syntax.
        return text.encode("utf-8", "backslashreplace").decode()

    @classmethod
    def from_json(cls, line: str) -> SubmissionResult:
        """Read a record that `to_json` wrote.

        Args:
            line: one line of JSON.

        Raises:
            ValueError: the line is not such a record; the message names the first wrong field.
        """
        try:
            record = json.loads(line)
        except RecursionError as error:
            raise ValueError(f"Expected a result. Received: {line[:80]!r}") from error
        if not isinstance(record, dict) or record.pop("schema", None) != SCHEMA:
            raise ValueError(f"Expected a result of schema {SCHEMA}. Received: {line[:80]!r}")
        return read_record(cls, record)
