"""Measure what the reference of a homework costs. The limits of submissions are multiples of it."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from autograder.authoring.specimens import named, specimens
from autograder.calibration.certificate import CALIBRATION, Certificate, read_certificate
from autograder.calibration.cost import Cost
from autograder.grading import pool
from autograder.grading.local import LocalEngine
from autograder.grading.plan import plan_grades
from autograder.homework import Course, HomeworkError, SolvedHomework
from autograder.judging.mode import Judge
from autograder.known.speed import machine_measure
from autograder.sandbox.tier import Tier
from autograder.submission import Entry

_RUNS: Final = 3
# While it is measured, the reference may use multiples of this.
_MORE_THAN_ANY: Final = Cost(call=30.0, training=120.0, submission=1200.0, measure=1.0)


def measure_cost(course: Course, homework: SolvedHomework, tier: Tier) -> Certificate:
    """Grade the reference a few times, and write into the certificate what its jobs need.

    Args:
        course: the course.
        homework: one of its homeworks, with a certificate.
        tier: how code is confined.

    Raises:
        CertificateError: there is no certificate that can be used.
        HomeworkError: the reference did not get full marks; the message says why.
        DatasetError: the homework's data set cannot be loaded.
    """
    plan = plan_grades(course, homework, tier, fresh=True, calibrated_elsewhere=True)
    assert isinstance(plan.mode, Judge)
    plan = replace(plan, mode=replace(plan.mode, cost=_MORE_THAN_ANY))
    [reference] = named(specimens(homework), ["reference"])
    with tempfile.TemporaryDirectory() as folder:
        path, engine = reference.lay_out(Path(folder)), LocalEngine(1, Path(folder) / "log.txt")
        entries = [Entry(f"{reference.name}-{number}", (path,), f"cost {number}") for number in range(_RUNS)]
        results = [graded.result for graded in pool.run(plan, entries, engine)]
    for result in results:
        if result.score != homework.max_score:
            raise HomeworkError(
                f"Expected full marks for the reference of {homework.name}. Received: {result.score} of "
                f"{homework.max_score:g}. {result.reason}"
            )
    certificate = replace(
        read_certificate(homework.solution / CALIBRATION),
        cost=Cost(
            call=max(result.jobs.call for result in results),
            training=max(result.jobs.training for result in results),
            submission=round(statistics.median(result.jobs.total for result in results), 3),
            measure=round(machine_measure(), 6),
        ),
    )
    certificate.write(homework.solution / CALIBRATION)
    return certificate
