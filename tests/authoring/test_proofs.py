"""Every homework of this course is proved: its evidence is good, and is about the files that are here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.proof import unproved
from autograder.authoring.selftest import SEEDS, SelfTest
from autograder.authoring.specimens import Kind, specimens
from autograder.calibration.certificate import CALIBRATION, read_certificate
from autograder.calibration.thresholds import ACCEPTED
from autograder.homework import Course, SolvedHomework
from autograder.judging.run_checks import verify_manifest
from autograder.known.digests import EVIDENCE
from autograder.sandbox.tier import Tier, probe

COURSE = Course.find(Path(__file__))
HOMEWORK = {name: COURSE.homework(name) for name in COURSE.homework_names()}
WHEATS_AND_CHAFFS = {"cnn": (9, 37), "rnn": (4, 18), "gan": (4, 20)}
"""At least as many of each."""
AGAIN = {
    "cnn": ("reference", "chaff-kernel_flipped", "chaff-identity_shortcut"),
    "rnn": ("reference", "chaff-gate_order"),
    "gan": ("reference", "chaff-flipped_generator_loss"),
}
"""What is graded again here: the reference, and wrong solutions; all others are evidence by their digest."""

every_homework = pytest.mark.parametrize("homework", HOMEWORK.values(), ids=HOMEWORK)


def evidence(homework: SolvedHomework) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((homework.solution / EVIDENCE).read_text())
    return found


@every_homework
def test_the_evidence_is_good_and_up_to_date(homework: SolvedHomework) -> None:
    assert unproved(homework) is None


@every_homework
def test_correct_solutions_rarely_fail(homework: SolvedHomework) -> None:
    """The certified probability is at most one in a thousand."""
    certificate = read_certificate(homework.solution / CALIBRATION)
    certificate.require(verify_manifest(homework).rules)
    assert certificate.average_bound <= certificate.confident_bound <= ACCEPTED


@every_homework
def test_the_evidence_covers_every_solution(homework: SolvedHomework) -> None:
    """There are enough of them. Correct ones get full marks for all seeds, but for declared misses."""
    rows = evidence(homework)["rows"]
    here = specimens(homework)
    assert [row["name"] for row in rows] == [one.name for one in here]
    wheats, chaffs = ([one for one in here if one.kind is kind] for kind in (Kind.WHEAT, Kind.CHAFF))
    enough = WHEATS_AND_CHAFFS[homework.name]
    assert len(wheats) >= enough[0]
    assert len(chaffs) >= enough[1]
    correct = [row for row in rows if row["kind"] in {"reference", "wheat"}]
    assert all(row["seeds"] >= SEEDS for row in correct)
    declared = {one.name for one in wheats if one.may_miss}
    assert len(declared) <= 1
    sure = [row for row in correct if row["name"] not in declared]
    assert all(score == homework.max_score for row in sure for score in row["scores"])


@every_homework
@pytest.mark.skipif(probe().tier is Tier.NONE, reason="nothing can be confined here")
@pytest.mark.slow
@pytest.mark.tensorflow
def test_some_solutions_are_judged_the_same_today(homework: SolvedHomework) -> None:
    test = SelfTest(COURSE, homework, tier=probe().tier, jobs=2, seeds=1, only=AGAIN[homework.name])
    verdict = test.run(lambda _: None)
    assert verdict.problems == ()
    assert [row.specimen.name for row in verdict.rows if row.problems] == []
    assert len(verdict.rows) == len(AGAIN[homework.name])
