"""Calibrate a homework: run its reference on fresh seeds in the jail, and write down what was measured.

Runs are kept as they come, so a calibration that was stopped goes on where it was. The seeds come from a key
that is made for each calibration and forgotten after it.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.authoring.proof import digest_of_homework
from autograder.authoring.specimens import Kind, Specimen, specimens
from autograder.calibration.certificate import (
    CALIBRATION,
    CalibratedCheck,
    Certificate,
    CertificateError,
    Rule,
    read_certificate,
)
from autograder.engines.bench import Bench
from autograder.grading.certify import conditions_here
from autograder.grading.journal import Journal
from autograder.grading.run_checks import verify_manifest
from autograder.homework import Course, Homework, HomeworkError
from autograder.result import (
    CheckResult,
    CheckStatus,
    Direction,
    Measurement,
    SubmissionResult,
    SubmissionStatus,
    Trial,
)
from autograder.sandbox.tier import Tier
from autograder.submission import Entry

CHAFF_SEEDS = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """One calibration.

    Attributes:
        course: the course.
        homework: one of its homeworks.
        seeds: runs of the reference.
        tier: how code is confined.
        jobs: runs at a time.
    """

    course: Course
    homework: Homework
    seeds: int
    tier: Tier
    jobs: int

    def plan(self) -> list[str]:
        """Return the names of all runs.

        Raises:
            HomeworkError: there is nothing to calibrate, or the homework cannot be used.
        """
        return [name for name, _ in self._runs()]

    def run(self, on_result: Callable[[SubmissionResult], None]) -> Certificate:
        """Do what is left of the runs, and write the certificate beside the reference.

        Args:
            on_result: told each result, those of an earlier start first.

        Raises:
            HomeworkError: the reference cannot be measured; the message says what went wrong.
            DatasetError: the homework's data cannot be had.
        """
        rules = verify_manifest(self.homework).rules
        work = self._work_folder()
        journal = Journal(work / "runs.jsonl")
        # What failed for a reason of ours is repeated; a run that was measured never is.
        done = {
            name: result
            for name, result in journal.read().items()
            if result.status is not SubmissionStatus.NEEDS_STAFF
        }
        for result in done.values():
            on_result(result)
            _require_figures(result, rules)
        for checks, entries in self._left_to_do(frozenset(rules), done, work / "specimens").items():
            for graded in self._bench(checks, work).grade(entries):
                journal.add(graded.result)
                on_result(graded.result)
                _require_figures(graded.result, rules)
        certificate = self._certificate(rules, journal.read())
        assert self.homework.solution is not None
        certificate.write(self.homework.solution / CALIBRATION)
        shutil.rmtree(work)
        return certificate

    def _runs(self) -> Iterator[tuple[str, Specimen]]:
        """Yield the name of each run and what is run: the reference, and chaffs for stochastic checks."""
        stochastic = set(verify_manifest(self.homework).rules)
        if not stochastic:
            raise HomeworkError(
                f"{self.homework.name} has no stochastic checks: there is nothing to calibrate."
            )
        for specimen in specimens(self.homework):
            count = {Kind.REFERENCE: self.seeds, Kind.CHAFF: CHAFF_SEEDS}.get(specimen.kind, 0)
            if specimen.kind is Kind.REFERENCE or specimen.fails & stochastic:
                yield from ((f"{specimen.name}-{number:04}", specimen) for number in range(1, count + 1))

    def _left_to_do(
        self, stochastic: frozenset[str], done: Collection[str], folder: Path
    ) -> dict[tuple[str, ...], list[Entry]]:
        """Return the runs still to be made, by the checks to measure: of a chaff, those it has to fail."""
        left: dict[tuple[str, ...], list[Entry]] = {}
        for name, specimen in self._runs():
            if name not in done:
                measured = specimen.fails if specimen.kind is Kind.CHAFF else stochastic
                checks = tuple(sorted(measured & stochastic))
                left.setdefault(checks, []).append(Entry(name, (specimen.lay_out(folder),)))
        return left

    def _bench(self, checks: tuple[str, ...], work: Path) -> Bench:
        """Return where these checks are measured."""
        return Bench(
            self.course,
            self.homework,
            self.tier,
            self.jobs,
            hidden=(),
            log=work / "log.txt",
            calibrating=checks,
            secret=_key(work),
        )

    def _work_folder(self) -> Path:
        """Return the folder of this calibration; another one, when anything that is measured has changed."""
        conditions = repr(asdict(conditions_here(self.homework)))
        state = digest_of_homework(self.homework, without=(CALIBRATION,)) + conditions
        name = f"{self.homework.name}-{hashlib.sha256(state.encode()).hexdigest()[:12]}"
        work = self.course.root / ".autograder" / "calibration" / name
        work.mkdir(parents=True, mode=0o700, exist_ok=True)
        return work

    def _certificate(self, rules: Mapping[str, Rule], results: Mapping[str, SubmissionResult]) -> Certificate:
        """Put together what was measured."""
        runs = list(self._runs())
        reference = [results[name] for name, specimen in runs if specimen.kind is Kind.REFERENCE]
        wrong = [(specimen, results[name]) for name, specimen in runs if specimen.kind is Kind.CHAFF]
        return Certificate(
            homework=self.homework.name,
            conditions=conditions_here(self.homework),
            date=datetime.now(UTC).date().isoformat(),
            checks={name: _calibrated(name, rule, reference, wrong) for name, rule in rules.items()},
        )


def keep_runs(homework: Homework) -> Certificate:
    """Write the certificate anew for the slack and the number of runs that the checks state now.

    What was measured stays: drawing again, because a slack turned out to be too small or too large, would be
    drawing until somebody likes it.

    Raises:
        CertificateError: there is none, it is of other checks, or it was made under other conditions.
        HomeworkError: the homework cannot be used.
    """
    assert homework.solution is not None
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
        direction=Direction(measured[0].direction),
        rule=rule,
        trials=tuple(
            Trial(trial.seed, trial.value)
            for measurement in measured
            for trial in measurement.trials
            if trial.value is not None
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
    """Stop at once when the reference has no figure. The run is not drawn again: that would bias the rest."""
    if result.student.startswith(f"{Kind.REFERENCE}-"):
        for name in rules:
            _measured(result, name)


def _measured(result: SubmissionResult, name: str) -> Measurement:
    """Return what a run of the reference gave; it has to be a number."""
    check = _check(result, name)
    if check.status is not CheckStatus.PASSED or check.measurement is None or not check.measurement.values:
        raise HomeworkError(
            f"{result.student}: the reference has no figure for {name} ({check.status}). "
            f"{check.message} {check.detail}\nMend the reference or the check, and calibrate again."
        )
    return check.measurement


def _key(work: Path) -> bytes:
    """Return the key of this calibration's seeds, made at its first start."""
    path = work / "key"
    if not path.exists():
        path.write_text(secrets.token_hex(32))
    return bytes.fromhex(path.read_text())
