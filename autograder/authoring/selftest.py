"""The self-test of a homework: do its checks judge known solutions correctly?

The reference and every wheat must get full marks on several seeds, and the unchanged stub none. Every chaff
must fail the checks that it names and no others. The values that a check measures on wrong solutions must be
far from those that it measures on the reference.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from autograder import __version__
from autograder._files import write_atomically
from autograder.authoring.specimen_runs import Run, SpecimenRuns
from autograder.authoring.specimens import Kind, Specimen, named, specimens
from autograder.calibration.certificate import (
    CALIBRATION,
    CalibratedCheck,
    Certificate,
    read_certificate,
)
from autograder.calibration.thresholds import separation
from autograder.grading.plan import Plan, plan_grades
from autograder.homework import Course, SolvedHomework
from autograder.judging.mode import Judge
from autograder.known.digests import EVIDENCE, digest_of_evidence
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier

SEEDS: Final = 5
LEAST_SEPARATION: Final = 3.0
MISSING: Final = "missing"
_SCHEMA: Final = 2
_PLACE: Final = re.compile(r"\S+:[0-9]+: in ")
"""A line of pytest's short traceback that says where something was raised."""


@dataclass(frozen=True, slots=True)
class Row:
    """How one specimen was judged.

    Attributes:
        specimen: the solution that was handed in.
        results: one per seed.
    """

    specimen: Specimen
    results: tuple[SubmissionResult, ...]

    @property
    def failed(self) -> frozenset[str]:
        """Checks that did not pass on at least one seed; skipped checks do not count."""
        return frozenset(check.id for check in self._checks() if not _skipped(check) and not _passed(check))

    @property
    def problems(self) -> list[str]:
        """Sentences about what was judged wrongly; empty if nothing was."""
        found = [_no_grade(result) for result in self.results if result.status is not SubmissionStatus.GRADED]
        if self.specimen.kind is Kind.STUB:
            found += [f"got {result.score:g} points" for result in self.results if result.score]
            return found
        for name in sorted(self.specimen.fails - self._always_failed()):
            found.append(f"{name} lets it pass")
        for name in sorted(self.failed - self.specimen.fails - self.specimen.may_miss):
            found.append(f"{name} fails it: {self._message(name)}")
        for name in sorted(self.failed & self.specimen.may_miss & self._always_failed()):
            found.append(f"{name} fails it on every seed: {self._message(name)}")
        if self.specimen.kind is not Kind.CHAFF:
            skipped = {check.id for check in self._checks() if _skipped(check)} - self.specimen.may_miss
            found += [f"{name} was skipped" for name in sorted(skipped)]
        return found

    @property
    def weaknesses(self) -> list[str]:
        """Sentences about the checks that a correct solution missed, and that it declares it may miss."""
        missed = sorted(self.failed & self.specimen.may_miss)
        counts = Counter(check.id for check in self._checks() if not _passed(check))
        return [
            f"misses {name} on {counts[name]} of {len(self.results)} seeds: {self._message(name)}"
            for name in missed
        ]

    def status(self, check: str) -> str:
        """Return the worst status of a check over the seeds; `MISSING` if it was not run."""
        ended = [one.status for one in self._checks() if one.id == check]
        order = list(CheckStatus)
        return str(max(ended, key=order.index)) if ended else MISSING

    @property
    def told(self) -> list[CheckResult]:
        """The checks whose messages a student reads: those that did not pass on the first seed."""
        checks = self._seen(self.results[0]) if self.results else ()
        return [check for check in checks if not _passed(check) and not _skipped(check)]

    def _always_failed(self) -> frozenset[str]:
        """Checks that passed on no seed."""
        passed = {check.id for check in self._checks() if _passed(check) or _skipped(check)}
        return frozenset(check.id for check in self._checks()) - passed

    def _message(self, name: str) -> str:
        return next(check.message for check in self._checks() if check.id == name and not _passed(check))

    def _checks(self) -> Iterable[CheckResult]:
        return (check for result in self.results for check in self._seen(result))

    def _seen(self, result: SubmissionResult) -> Iterable[CheckResult]:
        """Return a result's checks; checks of files that were not handed in count as skipped."""
        for check in result.checks:
            absent = self.specimen.partial and check.status is CheckStatus.NOT_ATTEMPTED
            left_out = absent and check.id not in self.specimen.fails
            yield replace(check, status=CheckStatus.SKIPPED) if left_out else check


def _no_grade(result: SubmissionResult) -> str:
    """Return why a submission has no grade, with the first error that a check raised, and where."""
    text = f"{result.status}: {result.reason}"
    details = [check.detail for check in result.checks if check.status is CheckStatus.GRADER_ERROR]
    if not details or not details[0]:
        return text
    lines = details[0].splitlines()
    places = [line for line in lines if _PLACE.match(line)]
    return " ".join((text, lines[-1].removeprefix("E").strip(), *(f"({place})" for place in places[-1:])))


def _passed(check: CheckResult) -> bool:
    return check.status is CheckStatus.PASSED


def _skipped(check: CheckResult) -> bool:
    return check.status is CheckStatus.SKIPPED


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a self-test.

    Attributes:
        homework: the homework whose checks were tested.
        rows: one per specimen.
        certificate: the calibration of the stochastic checks; None without such checks.
        problems: sentences about problems that do not belong to a single row.
        partial: whether only some specimens were graded, or on too few seeds. Then it proves nothing.
        digest: digest of what was tested, see `digest_of_evidence`.
    """

    homework: SolvedHomework
    rows: tuple[Row, ...]
    certificate: Certificate | None
    problems: tuple[str, ...]
    partial: bool
    digest: str

    @property
    def right(self) -> bool:
        """Whether everything was judged correctly."""
        return not self.problems and not any(row.problems for row in self.rows)

    @property
    def separations(self) -> dict[str, float]:
        """Check → distance between wrong solutions and the reference's worst run, in standard deviations."""
        checks = self.certificate.checks if self.certificate else {}
        wrong = {name: _wrong_values(name, check, self.rows) for name, check in checks.items()}
        return {name: _gap(checks[name], values) for name, values in wrong.items() if values}

    def to_json(self) -> str:
        """Return the evidence as JSON: the digest of what was tested, and how each specimen was judged."""
        record = {
            "schema": _SCHEMA,
            "homework": self.homework.name,
            "date": datetime.now(UTC).date().isoformat(),
            "version": __version__,
            "digest": self.digest,
            "right": self.right,
            "problems": list(self.problems),
            "bound": self.certificate
            and {"average": self.certificate.average_bound, "confident": self.certificate.confident_bound},
            "rows": [_record(row, self.homework) for row in self.rows],
        }
        return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def write(self) -> Path:
        """Write the evidence beside the reference, and return its path.

        Raises:
            OSError: the file cannot be written.
        """
        path = self.homework.solution / EVIDENCE
        write_atomically(path, self.to_json().encode())
        return path


def _record(row: Row, homework: SolvedHomework) -> dict[str, Any]:
    """Return one row of the evidence."""
    return {
        "name": row.specimen.name,
        "kind": row.specimen.kind,
        "title": row.specimen.title,
        "seeds": len(row.results),
        "scores": [result.score for result in row.results],
        "must_fail": sorted(row.specimen.fails) if row.specimen.kind is Kind.CHAFF else [],
        "failed": sorted(row.failed),
        "statuses": {name: row.status(name) for name in homework.checks},
        "values": values_of([row]),
        "problems": row.problems,
        "weaknesses": row.weaknesses,
    }


@dataclass(frozen=True)
class SelfTest:
    """One self-test.

    Attributes:
        course: the course.
        homework: one of its homeworks.
        tier: how code is confined.
        jobs: number of submissions in parallel.
        seeds: number of seeds for the reference, each wheat, and each chaff of a stochastic check.
        only: names of the specimens to grade; all if empty.
        fresh: run everything anew; no known reply or result is used.
    """

    course: Course
    homework: SolvedHomework
    _: KW_ONLY
    tier: Tier
    jobs: int
    seeds: int = SEEDS
    only: tuple[str, ...] = ()
    fresh: bool = False

    @cached_property
    def _plan(self) -> Plan:
        """How all specimens are graded; the checks are collected once."""
        return plan_grades(self.course, self.homework, self.tier, fresh=self.fresh, known_solutions=True)

    @property
    def _stochastic(self) -> frozenset[str]:
        """The stochastic checks."""
        return frozenset(self._plan.mode.thresholds) if isinstance(self._plan.mode, Judge) else frozenset()

    def runs(self) -> list[Run]:
        """Return every submission.

        Raises:
            HomeworkError: a specimen cannot be read, or ``only`` names one that does not exist.
        """
        chosen = specimens(self.homework)
        if self.only:
            chosen = named(chosen, self.only)
        stochastic = self._stochastic
        return [
            Run(f"{one.name}-{number}", one, f"self-test {number}")
            for one in chosen
            for number in range(1, self._seeds(one, stochastic) + 1)
        ]

    def _seeds(self, specimen: Specimen, stochastic: frozenset[str]) -> int:
        """Return the number of seeds for a specimen: one if no stochastic check decides about it."""
        if specimen.kind is Kind.STUB or (specimen.kind is Kind.CHAFF and not specimen.fails & stochastic):
            return 1
        return self.seeds if stochastic else 1

    def kept(self) -> SpecimenRuns:
        """Return the stored results of an earlier, unfinished self-test."""
        return SpecimenRuns(self.course, self.homework, self.tier, purpose="selftest", judged=True)

    def run(self, on_result: Callable[[SubmissionResult], None]) -> Verdict:
        """Grade all specimens as a class is graded, and compare the results with what is expected.

        Args:
            on_result: called with each result; stored ones come first.

        Raises:
            HomeworkError: the homework or a specimen cannot be used.
            CertificateError: the stochastic checks were not calibrated under the conditions here.
            DatasetError: the homework's data set cannot be loaded.
        """
        digest = digest_of_evidence(self.homework)
        runs = self.runs()
        results: dict[str, SubmissionResult] = {}
        with closing(self.kept().results([(self._plan, runs)], self.jobs)) as found_out:
            for result in found_out:
                results[result.student] = result
                on_result(result)
        found: dict[str, tuple[Specimen, list[SubmissionResult]]] = {}
        for run in runs:
            found.setdefault(run.specimen.name, (run.specimen, []))[1].append(results[run.name])
        rows = [Row(specimen, tuple(judged)) for specimen, judged in found.values()]
        return self._verdict(rows, digest)

    def _verdict(self, rows: Sequence[Row], digest: str) -> Verdict:
        """Return the verdict: the rows, and the problems that do not belong to a single row."""
        stochastic = bool(self._stochastic)
        certificate = read_certificate(self.homework.solution / CALIBRATION) if stochastic else None
        problems = [] if certificate is None else _too_close(certificate, rows)
        if certificate is not None and certificate.too_few_seeds:
            problems.append(certificate.too_few_seeds)
        if not self.only:
            problems += _without_chaff(self.homework, rows)
        if digest != digest_of_evidence(self.homework):
            problems.append("the homework, or this program, was changed while it was tested; test it again")
        problems += [
            f"{row.specimen.name} may miss {name}, which is no stochastic check"
            for row in rows
            for name in sorted(row.specimen.may_miss - self._stochastic)
        ]
        partial = bool(self.only) or (stochastic and self.seeds < SEEDS)
        return Verdict(self.homework, tuple(rows), certificate, tuple(problems), partial, digest)


def _too_close(certificate: Certificate, rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each stochastic check that a wrong solution nearly passes, or passes."""
    found = []
    covered = {name for row in rows for name in row.specimen.fails}
    for name, check in certificate.checks.items():
        wrong = _wrong_values(name, check, rows)
        if not wrong and name in covered:
            found.append(
                f"{name}: no wrong solution gave a number, so their distance from the reference is unknown"
            )
        if not wrong:
            continue
        best_wrong, worst = check.direction.best(wrong), check.direction.worst(check.values)
        between = f"between the best wrong run ({best_wrong:.3f}) and the reference's worst ({worst:.3f})"
        if (gap := _gap(check, wrong)) < LEAST_SEPARATION:
            found.append(
                f"{name}: expected wrong solutions to stay {LEAST_SEPARATION:g} sd away from the reference. "
                f"Received: {gap:.1f} sd {between}"
            )
        # If the reference hardly varies, standard deviations say little; then the slack is the scale.
        elif (margin := check.direction.margin(worst, best_wrong)) < 2 * check.rule.slack:
            found.append(
                f"{name}: expected wrong solutions to stay twice the slack away from the reference, "
                f"{2 * check.rule.slack:g}. Received: {margin:.3f} {between}"
            )
    return found


def _wrong_values(name: str, check: CalibratedCheck, rows: Iterable[Row]) -> list[float]:
    """Return the values of the wrong solutions that must fail a check, here and in the calibration."""
    seen = values_of([row for row in rows if name in row.specimen.fails]).get(name, [])
    return [*seen, *(value for values in check.wrong.values() for value in values)]


def _gap(check: CalibratedCheck, wrong: Sequence[float]) -> float:
    """Return the distance of a check's wrong solutions from the reference, in standard deviations."""
    return separation(check.values, wrong, check.direction)


def _without_chaff(homework: SolvedHomework, rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each check that no chaff must fail: it may let everything pass."""
    caught = set[str]().union(*(row.specimen.fails for row in rows if row.specimen.kind is Kind.CHAFF))
    return [
        f"{name}: no chaff has to fail it, so nothing shows that it can fail"
        for name in homework.checks
        if name not in caught
    ]


def values_of(rows: Iterable[Row]) -> Mapping[str, list[float]]:
    """Return stochastic check → the values that it measured, over all seeds and attempts."""
    found: dict[str, list[float]] = {}
    for row in rows:
        for result in row.results:
            for check in result.checks:
                if check.measurement is not None:
                    found.setdefault(check.id, []).extend(check.measurement.values)
    return found
