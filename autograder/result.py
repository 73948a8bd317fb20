"""What grading produces, and the words for it: one record a check, one record a submission.

The JSON form is one line of ``results.jsonl``; ``schema`` grows when a field changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Self

from autograder._typed_json import read_record

SCHEMA = 1


class _Term(StrEnum):
    """A fixed term; the term itself, a string, is what records and other programs get.

    Attributes:
        words: what people read, the same on the terminal, in a notebook, in feedback and in a report.
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

    ``rejected`` is the student's side (unreadable, with a reason, score 0); ``needs_staff`` is ours and
    has no score: a fault of the grader is never a zero.
    """

    GRADED = "graded"
    NEEDS_STAFF = "needs_staff", "needs staff"
    REJECTED = "rejected"


class Visibility(StrEnum):
    """Whether students have the check's source."""

    PUBLIC = "public"
    HIDDEN = "hidden"


class Direction(_Term):
    """Which values of a measured figure are good."""

    AT_LEAST = "at_least", "at least"
    AT_MOST = "at_most", "at most"

    def reaches(self, value: float | None, threshold: float) -> bool:
        """Return whether a value is good enough; no number (None or NaN) never is."""
        if value is None:
            return False
        return value >= threshold if self is Direction.AT_LEAST else value <= threshold

    def worst(self, values: Iterable[float]) -> float:
        """Return the least good value."""
        return min(values) if self is Direction.AT_LEAST else max(values)

    def best(self, values: Iterable[float]) -> float:
        """Return the best value."""
        return max(values) if self is Direction.AT_LEAST else min(values)

    def margin(self, better: float, worse: float) -> float:
        """Return by how much the first value is better than the second."""
        return better - worse if self is Direction.AT_LEAST else worse - better


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a stochastic check: the seed it was given, and what was measured; None for no number."""

    seed: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """How a stochastic check came to its verdict.

    Attributes:
        what: the figure in words.
        direction: which values are good.
        threshold: what a run had to reach; None while the check is being calibrated.
        runs: how many there might be.
        trials: those there were, the deciding one last.
    """

    what: str
    direction: Direction
    threshold: float | None
    runs: int
    trials: tuple[Trial, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """What the runs gave, as far as they gave numbers."""
        return tuple(trial.value for trial in self.trials if trial.value is not None)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A picture that a check kept: the name of its file, and the words below it."""

    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one submission.

    ``message``, ``hint`` and the pictures are for the student; ``detail`` is for staff only and may hold
    anything.
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


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """One submission's grade. ``score`` is None exactly when ``status`` is ``needs_staff``.

    ``calibration`` says how often the stochastic checks fail a correct solution, or why nobody knows.
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
    reason: str = ""
    checks: tuple[CheckResult, ...] = ()

    def to_json(self) -> str:
        """Return the record as one line of JSON, without the newline."""
        text = json.dumps({"schema": SCHEMA} | asdict(self), ensure_ascii=False, allow_nan=False)
        # A folder's name may hold bytes that are no UTF-8; Python's escape for them is JSON's as well.
        return text.encode("utf-8", "backslashreplace").decode()

    @classmethod
    def from_json(cls, line: str) -> SubmissionResult:
        """Read what `to_json` wrote.

        Raises:
            ValueError: the line is not such a record; the message names the first field that is wrong.
        """
        try:
            record = json.loads(line)
        except RecursionError as error:
            raise ValueError(f"Expected a result. Received: {line[:80]!r}") from error
        if not isinstance(record, dict) or record.pop("schema", None) != SCHEMA:
            raise ValueError(f"Expected a result of schema {SCHEMA}. Received: {line[:80]!r}")
        return read_record(cls, record)
