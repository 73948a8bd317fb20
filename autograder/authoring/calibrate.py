"""Calibrate a homework: run its reference on fresh seeds in the sandbox, and write the measured values.

Each run is stored when it ends, so a calibration that was stopped continues from there. The seeds are derived
from a key that is made for each calibration and deleted after it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from functools import cached_property

from autograder.authoring.specimen_runs import Run, SpecimenRuns
from autograder.authoring.specimens import Kind, Specimen, specimens
from autograder.calibration.certificate import (
    CALIBRATION,
    CalibratedCheck,
    Certificate,
    CertificateError,
    Rule,
    read_certificate,
)
from autograder.calibration.conditions import conditions_here
from autograder.grading.plan import Plan, plan_measurements
from autograder.homework import Course, HomeworkError, SolvedHomework
from autograder.judging.run_checks import verify_manifest
from autograder.result import CheckResult, CheckStatus, Measurement, SubmissionResult
from autograder.sandbox.tier import Tier

CHAFF_SEEDS = 5


@dataclass(frozen=True)
class Calibration:
    """One calibration.

    Attributes:
        course: the course.
        homework: one of its homeworks.
        seeds: number of runs of the reference.
        tier: how code is confined.
        jobs: number of runs in parallel.
    """

    course: Course
    homework: SolvedHomework
    _: KW_ONLY
    seeds: int
    tier: Tier
    jobs: int

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        """The rules of the stochastic checks; the checks are collected once."""
        return verify_manifest(self.homework).rules

    def runs(self) -> list[Run]:
        """Return every run: of the reference, and of the chaffs that stochastic checks have to fail.

        Raises:
            HomeworkError: the homework has no stochastic checks, or cannot be used.
        """
        stochastic = set(self._rules)
        if not stochastic:
            raise HomeworkError(
                f"{self.homework.name} has no stochastic checks: there is nothing to calibrate."
            )
        seeds = {Kind.REFERENCE: self.seeds, Kind.CHAFF: CHAFF_SEEDS}
        return [
            Run(name := f"{specimen.name}-{number:04}", specimen, name)
            for specimen in specimens(self.homework)
            if specimen.kind is Kind.REFERENCE or specimen.fails & stochastic
            for number in range(1, seeds.get(specimen.kind, 0) + 1)
        ]

    def run(self, on_result: Callable[[SubmissionResult], None]) -> Certificate:
        """Do the runs that are not stored yet, and write the certificate beside the reference.

        Args:
            on_result: called with each result; stored ones come first.

        Raises:
            HomeworkError: the reference could not be measured; the message says why.
            DatasetError: the homework's data set cannot be loaded.
        """
        rules = self._rules
        runs = self.runs()
        kept = SpecimenRuns(self.course, self.homework, self.tier, purpose="calibration", judged=False)
        results: dict[str, SubmissionResult] = {}
        plans = self._plans(runs, frozenset(rules), kept.key)
        with closing(kept.results(plans, self.jobs)) as measured:
            for result in measured:
                results[result.student] = result
                on_result(result)
                _require_figures(result, rules)
        certificate = self._certificate(rules, runs, results)
        certificate.write(self.homework.solution / CALIBRATION)
        kept.forget()
        return certificate

    def _plans(
        self, runs: Sequence[Run], stochastic: frozenset[str], key: bytes
    ) -> list[tuple[Plan, list[Run]]]:
        """Return a plan and its runs per set of checks to measure; of a chaff, those that it must fail."""
        together: dict[tuple[str, ...], list[Run]] = {}
        for run in runs:
            chaff = run.specimen.kind is Kind.CHAFF
            measured = run.specimen.fails & stochastic if chaff else stochastic
            together.setdefault(tuple(sorted(measured)), []).append(run)
        return [
            (plan_measurements(self.course, self.homework, self.tier, checks=checks, secret=key), some)
            for checks, some in together.items()
        ]

    def _certificate(
        self, rules: Mapping[str, Rule], runs: Sequence[Run], results: Mapping[str, SubmissionResult]
    ) -> Certificate:
        """Return the certificate with everything that was measured."""
        reference = [results[run.name] for run in runs if run.specimen.kind is Kind.REFERENCE]
        wrong = [(run.specimen, results[run.name]) for run in runs if run.specimen.kind is Kind.CHAFF]
        return Certificate(
            homework=self.homework.name,
            conditions=conditions_here(self.homework),
            date=datetime.now(UTC).date().isoformat(),
            checks={name: _calibrated(name, rule, reference, wrong) for name, rule in rules.items()},
        )


def keep_runs(homework: SolvedHomework) -> Certificate:
    """Rewrite the certificate for the slack and the number of runs that the checks declare now.

    The measured values stay. To measure again because of an unsuitable slack would be to repeat a random
    experiment until its result pleases, and the bound would no longer hold.

    Args:
        homework: the homework, with its solution folder.

    Raises:
        CertificateError: there is no certificate, or it belongs to other checks or other conditions.
        HomeworkError: the homework cannot be used.
    """
    path = homework.solution / CALIBRATION
    certificate = read_certificate(path)
    if differences := certificate.conditions.differences(conditions_here(homework)):
        raise CertificateError(
            f"The runs of {homework.name} cannot be kept: they were made under other conditions: "
            f"{'; '.join(differences)}. Run: autograder calibrate {homework.name}"
        )
    kept = certificate.with_rules(verify_manifest(homework).rules)
    kept.write(path)
    return kept


def _calibrated(
    name: str,
    rule: Rule,
    reference: Sequence[SubmissionResult],
    wrong: Sequence[tuple[Specimen, SubmissionResult]],
) -> CalibratedCheck:
    """Return one check's part of the certificate."""
    measured = [_measured(result, name) for result in reference]
    values: dict[str, tuple[float, ...]] = {}
    for specimen, result in wrong:
        if name in specimen.fails:
            found = _check(result, name).measurement
            values[specimen.name] = values.get(specimen.name, ()) + (found.values if found else ())
    return CalibratedCheck(
        metric=measured[0].what,
        direction=measured[0].direction,
        rule=rule,
        trials=tuple(
            trial for measurement in measured for trial in measurement.trials if trial.value is not None
        ),
        wrong=values,
    )


def _check(result: SubmissionResult, name: str) -> CheckResult:
    """Return one check of a run."""
    found = next((check for check in result.checks if check.id == name), None)
    if found is None:
        raise HomeworkError(f"{result.student}: {name} was not run. {result.reason}")
    return found


def _require_figures(result: SubmissionResult, rules: Collection[str]) -> None:
    """Stop at once when the reference gave no number. The run is not repeated: that would bias the sample."""
    if result.student.startswith(f"{Kind.REFERENCE}-"):
        for name in rules:
            _measured(result, name)


def _measured(result: SubmissionResult, name: str) -> Measurement:
    """Return what a run of the reference measured.

    Raises:
        HomeworkError: the run gave no number.
    """
    check = _check(result, name)
    if check.status is not CheckStatus.PASSED or check.measurement is None or not check.measurement.values:
        raise HomeworkError(
            f"{result.student}: the reference gave no number for {name} ({check.status.words}). "
            f"{check.message} {check.detail}\nFix the reference or the check, and calibrate again."
        )
    return check.measurement
