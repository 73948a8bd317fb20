"""The certificate of a homework: the runs of its reference, their conditions, and the resulting thresholds.

The certificate is stored as ``calibration.json`` beside the reference. It is valid for one data set, one set
of library versions, one number of threads and one set of the homework's parameters.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from autograder._files import write_atomically
from autograder._typed_json import read_record
from autograder.calibration.cost import Cost
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
"""The file with the public checks' part of the certificate, which students get."""
_COMPARED_PARTS: Final = {"numpy": 1}  # library → how many parts of the version are compared; else 2


class CertificateError(Exception):
    """A certificate cannot be used; the message says why, and what staff should do."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The parameters of one stochastic check, which its author chose.

    Attributes:
        runs: the largest number of runs; the check passes with the first run that reaches the threshold.
        slack: how much worse than the reference's worst run the threshold is, in the metric's unit.
    """

    runs: int
    slack: float


@dataclass(frozen=True, slots=True)
class CalibratedCheck:
    """One stochastic check's part of the certificate.

    Attributes:
        metric: the metric's name, as the check states it.
        direction: which values are good.
        rule: the parameters of the check.
        trials: the reference's runs; each has a value.
        wrong: name of a wrong solution that must fail this check → its values, run by run.
    """

    metric: str
    direction: Direction
    rule: Rule
    trials: tuple[Trial, ...]
    wrong: Mapping[str, tuple[float, ...]]

    @property
    def values(self) -> tuple[float, ...]:
        """The reference's values, run by run."""
        return tuple(trial.value for trial in self.trials if trial.value is not None)

    @property
    def threshold(self) -> float:
        """The value that a run has to reach."""
        return threshold(self.values, self.direction, self.rule.slack)

    @property
    def average_bound(self) -> float:
        """Upper bound of the probability that a correct solution fails, averaged over calibrations."""
        return average_bound(seeds=len(self.trials), runs=self.rule.runs)

    @property
    def confident_bound(self) -> float:
        """Upper bound of the same probability for this calibration, with 95 % confidence."""
        return confident_bound(seeds=len(self.trials), runs=self.rule.runs)

    @property
    def separation(self) -> float | None:
        """The gap from the reference's worst run to the best run of all wrong solutions.

        In standard deviations of the reference's runs; None without a wrong solution.
        """
        wrong = [value for values in self.wrong.values() for value in values]
        return separation(self.values, wrong, self.direction) if wrong else None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions for which a certificate is valid.

    Attributes:
        dataset: the data set's name.
        dataset_digest: the digest of the data set's arrays.
        versions: library → version. Major and minor version must be equal. For NumPy only the major version
            must be: the training runs in TensorFlow, and each Python version has its own NumPy version.
        threads: the number of threads that TensorFlow uses.
        parameters: the homework's parameters, as JSON values.
    """

    dataset: str
    dataset_digest: str
    versions: Mapping[str, str]
    threads: int
    parameters: Mapping[str, Any]

    def differences(self, here: Conditions) -> list[str]:
        """Return a phrase for each difference, with both values; an empty list if there is none.

        Args:
            here: the conditions of this machine.
        """
        found = []
        if (self.dataset, self.dataset_digest) != (here.dataset, here.dataset_digest):
            found.append(f"data set {_dataset_label(self)}, here {_dataset_label(here)}")
        for name, version in self.versions.items():
            other = here.versions.get(name, "none")
            parts = _COMPARED_PARTS.get(name, 2)
            if version.split(".")[:parts] != other.split(".")[:parts]:
                found.append(f"{name} {version}, here {other}")
        if self.threads != here.threads:
            found.append(f"{self.threads} threads, here {here.threads}")
        if dict(self.parameters) != dict(here.parameters):
            found.append(f"parameters {dict(self.parameters)}, here {dict(here.parameters)}")
        return found


def _dataset_label(conditions: Conditions) -> str:
    """Return a data set's name with the beginning of its digest."""
    return f"{conditions.dataset} ({conditions.dataset_digest[:19]}…)"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of a homework's calibration.

    Attributes:
        homework: the homework's name.
        conditions: the conditions for which the certificate is valid.
        date: the date of the calibration, as ISO 8601.
        checks: identifier of a check → its part of the certificate.
        cost: what the reference needs; None if it was not measured.
    """

    homework: str
    conditions: Conditions
    date: str
    checks: Mapping[str, CalibratedCheck]
    cost: Cost | None = None

    @property
    def average_bound(self) -> float:
        """Upper bound of the probability that a correct solution fails any check: the sum over the checks."""
        return math.fsum(check.average_bound for check in self.checks.values())

    @property
    def confident_bound(self) -> float:
        """Upper bound of the same probability for this calibration, with 95 % confidence for all checks.

        Each of the k checks' bounds holds with confidence 1 - 0.05 / k, so all hold together with 95 %
        (Bonferroni correction). This is true even if the checks depend on each other.
        """
        each = 1 - (1 - CONFIDENCE) / max(len(self.checks), 1)
        return math.fsum(
            confident_bound(seeds=len(check.trials), runs=check.rule.runs, confidence=each)
            for check in self.checks.values()
        )

    @property
    def claim(self) -> str:
        """The certified bound as a sentence without the full stop."""
        return (
            "a solution that trains as the reference does misses a threshold with probability at most "
            f"{self.average_bound:.1e} on average, {self.confident_bound:.1e} with {CONFIDENCE:.0%} "
            "confidence"
        )

    @property
    def too_few_seeds(self) -> str:
        """A warning with the number of seeds needed, if the bound is above `ACCEPTED`; else empty."""
        if self.confident_bound <= ACCEPTED:
            return ""
        needed = seeds_needed([check.rule.runs for check in self.checks.values()], ACCEPTED)
        return (
            f"a solution that trains as the reference does may miss a threshold with probability "
            f"{self.confident_bound:.1e}, more than {ACCEPTED:g}: calibrate with --seeds {needed} or more"
        )

    def only(self, checks: Collection[str]) -> Certificate:
        """Return the part about some checks, without the runs of wrong solutions.

        Args:
            checks: the identifiers of the checks to keep.
        """
        kept = {name: replace(check, wrong={}) for name, check in self.checks.items() if name in checks}
        return replace(self, checks=kept)

    def with_rules(self, rules: Mapping[str, Rule]) -> Certificate:
        """Return the certificate with other rules; thresholds and bounds are computed from the same runs.

        Args:
            rules: identifier → rule, for exactly the checks of the certificate.

        Raises:
            CertificateError: other checks than these were calibrated.
        """
        if set(rules) != set(self.checks):
            raise CertificateError(
                f"Expected a calibration of {', '.join(sorted(rules))}. Received: a calibration of "
                f"{', '.join(sorted(self.checks))}. {self._recalibrate()}"
            )
        return replace(
            self, checks={name: replace(check, rule=rules[name]) for name, check in self.checks.items()}
        )

    def require(self, rules: Mapping[str, Rule]) -> None:
        """Refuse checks that were not calibrated, or were calibrated with another rule.

        Args:
            rules: identifier → rule, for the checks that will run.

        Raises:
            CertificateError: a check is missing or its rule differs; the message says how to calibrate.
        """
        for name, rule in rules.items():
            if name not in self.checks:
                raise CertificateError(f"The check {name} was never calibrated. {self._recalibrate()}")
            if self.checks[name].rule != rule:
                raise CertificateError(
                    f"The check {name} was calibrated with {_rule_text(self.checks[name].rule)}, and now has "
                    f"{_rule_text(rule)}. {self._recalibrate()}"
                )

    def _recalibrate(self) -> str:
        return f"Run: autograder calibrate {self.homework}"

    def to_json(self) -> str:
        """Return the certificate as JSON, including the computed values, for people and other programs."""
        record = {
            "schema": SCHEMA,
            "homework": self.homework,
            "date": self.date,
            "conditions": asdict(self.conditions),
            "bound": {"average": self.average_bound, "confident": self.confident_bound},
            **({"cost": asdict(self.cost)} if self.cost is not None else {}),
            "checks": {name: _record(check) for name, check in sorted(self.checks.items())},
        }
        return json.dumps(record, indent=1, allow_nan=False) + "\n"

    def write(self, path: Path) -> None:
        """Write the certificate to a file atomically.

        Args:
            path: the file; an existing file is replaced.

        Raises:
            OSError: the file cannot be written.
        """
        write_atomically(path, self.to_json().encode())


def _rule_text(rule: Rule) -> str:
    return f"runs={rule.runs}, slack={rule.slack:g}"


def _record(check: CalibratedCheck) -> dict[str, Any]:
    """Return one check's entry. Threshold, bounds and separation are there for readers only."""
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
    """Read a certificate from a file.

    Args:
        path: the file.

    Raises:
        CertificateError: the file is missing or damaged.
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
            cost=read_record(Cost, record["cost"], "cost") if "cost" in record else None,
        )
    except FileNotFoundError as error:
        raise CertificateError(f"Expected a calibration at {path}, and there is none.") from error
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        what = f"{path} is not a calibration: {type(error).__name__}: {error}"
        raise CertificateError(f"{what}\nRun: autograder calibrate HOMEWORK") from error


def _conditions(entry: dict[str, Any]) -> Conditions:
    """Return the conditions from their JSON entry."""
    versions, parameters = entry["versions"], entry["parameters"]
    if not isinstance(versions, dict) or not all(isinstance(version, str) for version in versions.values()):
        raise TypeError("expected versions as text")
    if not isinstance(parameters, dict) or not isinstance(entry["dataset_digest"], str):
        raise TypeError("expected parameters and the digest of a data set")
    return Conditions(**entry)


def _check(entry: dict[str, Any]) -> CalibratedCheck:
    """Return one check's part from its JSON entry; computed values in the entry are ignored."""
    seeds, values = [int(seed) for seed in entry["seeds"]], [float(value) for value in entry["values"]]
    trials = tuple(Trial(seed, value) for seed, value in zip(seeds, values, strict=True))
    if not values or not all(map(math.isfinite, values)):
        raise ValueError("expected finite values of at least one run")
    if len(set(seeds)) != len(seeds):
        raise ValueError("expected a different seed for each run; some seeds occur twice")
    return CalibratedCheck(
        metric=entry["metric"],
        direction=Direction(entry["direction"]),
        rule=Rule(int(entry["runs"]), float(entry["slack"])),
        trials=trials,
        wrong={name: tuple(map(float, values)) for name, values in entry["wrong"].items()},
    )
