"""The certificate of a homework: what was measured on its reference, where, and what follows from it.

It is kept as ``calibration.json`` beside the reference. It holds for one data set, one set of library
versions, one number of threads and one set of the homework's parameters; under others it says nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from autograder._files import write_atomically
from autograder.calibration.thresholds import (
    ACCEPTED,
    CONFIDENCE,
    average_bound,
    confident_bound,
    seeds_needed,
    separation,
    threshold,
)
from autograder.result import Direction, Trial

SCHEMA: Final = 1
CALIBRATION: Final = "calibration.json"
THRESHOLDS: Final = "thresholds.json"
"""The part about public checks, as students get it."""
_COMPARED: Final = {"numpy": 1}  # how many parts of a version


class CertificateError(Exception):
    """A certificate cannot be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one stochastic check decides, as its author wrote it.

    Attributes:
        runs: trainings at most; the first one that reaches the threshold passes.
        slack: room below the reference's worst run, in the metric's unit.
    """

    runs: int
    slack: float


@dataclass(frozen=True, slots=True)
class CalibratedCheck:
    """One stochastic check's part of the certificate.

    Attributes:
        metric: what is measured, in words.
        direction: which values are good.
        rule: how the check decides.
        trials: the reference's runs; each gave a number.
        wrong: name of a wrong solution that must fail this check → what it reached, run by run.
    """

    metric: str
    direction: Direction
    rule: Rule
    trials: tuple[Trial, ...]
    wrong: Mapping[str, tuple[float, ...]]

    @property
    def values(self) -> tuple[float, ...]:
        """What the reference reached, run by run."""
        return tuple(trial.value for trial in self.trials if trial.value is not None)

    @property
    def threshold(self) -> float:
        """The value that a run has to reach."""
        return threshold(self.values, self.direction, self.rule.slack)

    @property
    def average_bound(self) -> float:
        """Probability that a correct solution fails the check, at most, averaged over calibrations."""
        return average_bound(seeds=len(self.trials), runs=self.rule.runs)

    @property
    def confident_bound(self) -> float:
        """The same for this calibration, with 95 % confidence."""
        return confident_bound(seeds=len(self.trials), runs=self.rule.runs)

    @property
    def separation(self) -> float | None:
        """From the worst run of the reference to the best of a wrong solution, in sd; None without one."""
        wrong = [value for values in self.wrong.values() for value in values]
        return separation(self.values, wrong, self.direction) if wrong else None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a certificate holds for.

    Attributes:
        dataset: the data set's name.
        dataset_digest: of its arrays.
        versions: library → version. Major and minor have to agree, of NumPy the major alone: TensorFlow
            trains, and which NumPy there is depends on Python.
        threads: that TensorFlow computes with.
        parameters: the homework's parameters, as JSON has them.
    """

    dataset: str
    dataset_digest: str
    versions: Mapping[str, str]
    threads: int
    parameters: Mapping[str, Any]

    def differences(self, here: Conditions) -> list[str]:
        """Say in words what differs from the conditions here, each with both sides."""
        found = []
        if (self.dataset, self.dataset_digest) != (here.dataset, here.dataset_digest):
            found.append(f"data set {_named(self)}, here {_named(here)}")
        for name, version in self.versions.items():
            other = here.versions.get(name, "none")
            parts = _COMPARED.get(name, 2)
            if version.split(".")[:parts] != other.split(".")[:parts]:
                found.append(f"{name} {version}, here {other}")
        if self.threads != here.threads:
            found.append(f"{self.threads} threads, here {here.threads}")
        if dict(self.parameters) != dict(here.parameters):
            found.append(f"parameters {dict(self.parameters)}, here {dict(here.parameters)}")
        return found


def _named(conditions: Conditions) -> str:
    """Return a data set's name with the beginning of its digest."""
    return f"{conditions.dataset} ({conditions.dataset_digest[:19]}…)"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A homework's calibration.

    Attributes:
        homework: its name.
        conditions: what it holds for.
        date: of the calibration, as ISO 8601.
        checks: identifier → what was measured.
    """

    homework: str
    conditions: Conditions
    date: str
    checks: Mapping[str, CalibratedCheck]

    @property
    def average_bound(self) -> float:
        """Probability that a correct solution fails any of the checks, at most: the sum of theirs."""
        return math.fsum(check.average_bound for check in self.checks.values())

    @property
    def confident_bound(self) -> float:
        """The same for this calibration, with 95 % confidence in all of its checks together.

        Each of k bounds holds with confidence 1 - 0.05 / k, so all of them do with 95 % (Bonferroni); how the
        checks depend on each other does not matter.
        """
        each = 1 - (1 - CONFIDENCE) / max(len(self.checks), 1)
        return math.fsum(
            confident_bound(seeds=len(check.trials), runs=check.rule.runs, confidence=each)
            for check in self.checks.values()
        )

    @property
    def claim(self) -> str:
        """What is certified, as a sentence without its end."""
        return (
            "a solution that trains as the reference does misses a threshold with probability at most "
            f"{self.average_bound:.1e} on average, {self.confident_bound:.1e} with {CONFIDENCE:.0%} "
            "confidence"
        )

    @property
    def too_few_seeds(self) -> str:
        """Say that the bound is above `ACCEPTED`, and how many seeds would do; nothing to say: ''."""
        if self.confident_bound <= ACCEPTED:
            return ""
        needed = seeds_needed([check.rule.runs for check in self.checks.values()], ACCEPTED)
        return (
            f"a solution that trains as the reference does may miss a threshold with probability "
            f"{self.confident_bound:.1e}, more than {ACCEPTED:g}: calibrate with --seeds {needed} or more"
        )

    def only(self, checks: Collection[str]) -> Certificate:
        """Return the certificate without the runs of wrong solutions, for some of the checks."""
        kept = {name: replace(check, wrong={}) for name, check in self.checks.items() if name in checks}
        return replace(self, checks=kept)

    def with_rules(self, rules: Mapping[str, Rule]) -> Certificate:
        """Return the certificate under other rules: thresholds and bounds follow from what was measured.

        Raises:
            CertificateError: other checks than these were calibrated.
        """
        if set(rules) != set(self.checks):
            raise CertificateError(
                f"Expected a calibration of {', '.join(sorted(rules))}. Received: one of "
                f"{', '.join(sorted(self.checks))}. {self._recalibrate()}"
            )
        return replace(
            self, checks={name: replace(check, rule=rules[name]) for name, check in self.checks.items()}
        )

    def require(self, rules: Mapping[str, Rule]) -> None:
        """Refuse checks that were not calibrated, or were under another rule.

        Raises:
            CertificateError: they differ; the message says how to calibrate.
        """
        for name, rule in rules.items():
            if name not in self.checks:
                raise CertificateError(f"The check {name} was never calibrated. {self._recalibrate()}")
            if self.checks[name].rule != rule:
                raise CertificateError(
                    f"The check {name} was calibrated with {_in_words(self.checks[name].rule)}, and now has "
                    f"{_in_words(rule)}. {self._recalibrate()}"
                )

    def _recalibrate(self) -> str:
        return f"Run: autograder calibrate {self.homework}"

    def to_json(self) -> str:
        """Return the certificate with everything that follows from it, for people and other programs."""
        record = {
            "schema": SCHEMA,
            "homework": self.homework,
            "date": self.date,
            "conditions": asdict(self.conditions),
            "bound": {"average": self.average_bound, "confident": self.confident_bound},
            "checks": {name: _record(check) for name, check in sorted(self.checks.items())},
        }
        return json.dumps(record, indent=1, allow_nan=False) + "\n"

    def write(self, path: Path) -> None:
        """Write the certificate to a file in one step."""
        write_atomically(path, self.to_json().encode())


def _in_words(rule: Rule) -> str:
    return f"runs={rule.runs}, slack={rule.slack:g}"


def _record(check: CalibratedCheck) -> dict[str, Any]:
    """Return one check's entry; what can be computed from the rest stands there for readers."""
    separation = check.separation
    return {
        "metric": check.metric,
        "direction": check.direction,
        "runs": check.rule.runs,
        "slack": check.rule.slack,
        "threshold": check.threshold,
        "bound": {"average": check.average_bound, "confident": check.confident_bound},
        "separation": separation if separation is None or math.isfinite(separation) else str(separation),
        "seeds": [trial.seed for trial in check.trials],
        "values": list(check.values),
        "wrong": {name: list(values) for name, values in sorted(check.wrong.items())},
    }


def read_certificate(path: Path) -> Certificate:
    """Read a certificate.

    Raises:
        CertificateError: there is none, or it is damaged.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise CertificateError(f"{path}: expected schema {SCHEMA}. Received: {record['schema']!r}")
        return Certificate(
            homework=record["homework"],
            conditions=_conditions(record["conditions"]),
            date=record["date"],
            checks={name: _check(entry) for name, entry in record["checks"].items()},
        )
    except FileNotFoundError as error:
        raise CertificateError(f"Expected a calibration at {path}, and there is none.") from error
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        what = f"{path} is not a calibration: {type(error).__name__}: {error}"
        raise CertificateError(f"{what}\nRun: autograder calibrate HOMEWORK") from error


def _conditions(entry: dict[str, Any]) -> Conditions:
    """Rebuild the conditions."""
    versions, parameters = entry["versions"], entry["parameters"]
    if not isinstance(versions, dict) or not all(isinstance(version, str) for version in versions.values()):
        raise TypeError("expected versions as text")
    if not isinstance(parameters, dict) or not isinstance(entry["dataset_digest"], str):
        raise TypeError("expected parameters and the digest of a data set")
    return Conditions(**entry)


def _check(entry: dict[str, Any]) -> CalibratedCheck:
    """Rebuild one check's part; what follows from the values is computed again."""
    seeds, values = [int(seed) for seed in entry["seeds"]], [float(value) for value in entry["values"]]
    trials = tuple(Trial(seed, value) for seed, value in zip(seeds, values, strict=True))
    if not values or not all(map(math.isfinite, values)):
        raise ValueError("expected finite values of at least one run")
    if len(set(seeds)) != len(seeds):
        raise ValueError("expected as many seeds as runs; some stand there twice")
    return CalibratedCheck(
        metric=entry["metric"],
        direction=Direction(entry["direction"]),
        rule=Rule(int(entry["runs"]), float(entry["slack"])),
        trials=trials,
        wrong={name: tuple(map(float, values)) for name, values in entry["wrong"].items()},
    )
