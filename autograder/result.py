"""What grading produces: one record a check, one record a submission.

The JSON form is one line of ``results.jsonl``; ``schema`` grows when a field changes its meaning.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = 1


class CheckStatus(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    ERROR = "error"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    REFUSED = "refused"
    SKIPPED = "skipped"
    GRADER_ERROR = "grader_error"


class SubmissionStatus(StrEnum):
    """How one submission ended.

    ``rejected`` is the student's side (unreadable, with a reason, score 0); ``needs_staff`` is ours and
    has no score: a fault of the grader is never a zero.
    """

    GRADED = "graded"
    NEEDS_STAFF = "needs_staff"
    REJECTED = "rejected"


class Visibility(StrEnum):
    """Whether students have the check's source."""

    PUBLIC = "public"
    HIDDEN = "hidden"


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
        direction: ``at_least`` or ``at_most``.
        threshold: what a run had to reach; None while the check is being calibrated.
        runs: how many there might be.
        trials: those there were, the deciding one last.
    """

    what: str
    direction: str
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
            ValueError: the line is not such a record.
        """
        record = json.loads(line)
        if not isinstance(record, dict) or record.pop("schema", None) != SCHEMA:
            raise ValueError(f"Expected a result of schema {SCHEMA}. Received: {line[:80]!r}")
        try:
            checks = tuple(_check_from(check) for check in record.pop("checks"))
            return cls(**record | {"status": SubmissionStatus(record["status"]), "checks": checks})
        except (KeyError, TypeError) as error:
            raise ValueError(f"A result lacks or has an unknown field ({error}): {line[:80]!r}") from error


def _check_from(record: dict[str, Any]) -> CheckResult:
    """Rebuild one check's record from its JSON form."""
    return CheckResult(
        **record
        | {
            "status": CheckStatus(record["status"]),
            "visibility": Visibility(record["visibility"]),
            "artifacts": tuple(Artifact(**artifact) for artifact in record["artifacts"]),
            "measurement": _measurement_from(record.get("measurement")),
        }
    )


def _measurement_from(record: dict[str, Any] | None) -> Measurement | None:
    """Rebuild a measurement from its JSON form."""
    if record is None:
        return None
    return Measurement(**record | {"trials": tuple(Trial(**trial) for trial in record["trials"])})
