"""Results as JSON, and the words in which people read them."""

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest

from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    Direction,
    Measurement,
    SubmissionResult,
    SubmissionStatus,
    Trial,
    Visibility,
)

# As version 0.1 wrote it: not made by this package's code, so that a change of the format is noticed.
OLD_LINE = (
    '{"schema": 1, "student": "ada", "homework": "cnn", "digest": "sha256:ab", "status": "graded", '
    '"score": 6.5, "max_score": 10, "isolation": "namespaces", "calibration": "certified: so", '
    '"seed": "5eed", "seconds": 1.25, "cpu_seconds": 2.0, "reason": "", "checks": ['
    '{"id": "stride", "title": "Moves by the stride", "visibility": "public", "score": 1.5, "max_score": 3, '
    '"status": "partial", "message": "One\\nof „two“.", "hint": "Look.", "metrics": {"loss": 0.25}, '
    '"measurement": null, "artifacts": [], "detail": ""}, '
    '{"id": "luck", "title": "Is lucky", "visibility": "hidden", "score": 5.0, "max_score": 5.0, '
    '"status": "passed", "message": "", "hint": "", "metrics": {}, '
    '"measurement": {"what": "luck", "direction": "at_least", "threshold": 0.5, "runs": 3, '
    '"trials": [{"seed": 7, "value": null}, {"seed": 8, "value": 0.75}]}, '
    '"artifacts": [{"name": "luck-a.png", "caption": "Your luck"}], "detail": ""}, '
    '{"id": "loss", "title": "Is low", "visibility": "hidden", "score": 0.0, "max_score": 2.0, '
    '"status": "timeout", "message": "", "hint": "", "metrics": {}, '
    '"measurement": {"what": "loss", "direction": "at_most", "threshold": null, "runs": 1, '
    '"trials": [{"seed": 9, "value": 1}]}, "artifacts": [], "detail": "slow"}]}'
)
STRIDE = CheckResult(
    id="stride",
    title="Moves by the stride",
    visibility=Visibility.PUBLIC,
    score=1.5,
    max_score=3,
    status=CheckStatus.PARTIAL,
    message="One\nof „two“.",
    hint="Look.",
    metrics={"loss": 0.25},
)
LUCK = CheckResult(
    id="luck",
    title="Is lucky",
    visibility=Visibility.HIDDEN,
    score=5.0,
    max_score=5.0,
    status=CheckStatus.PASSED,
    measurement=Measurement("luck", Direction.AT_LEAST, 0.5, 3, (Trial(7, None), Trial(8, 0.75))),
    artifacts=(Artifact("luck-a.png", "Your luck"),),
)
LOSS = CheckResult(
    id="loss",
    title="Is low",
    visibility=Visibility.HIDDEN,
    score=0.0,
    max_score=2.0,
    status=CheckStatus.TIMEOUT,
    measurement=Measurement("loss", Direction.AT_MOST, None, 1, (Trial(9, 1),)),
    detail="slow",
)
RESULT = SubmissionResult(
    student="ada",
    homework="cnn",
    digest="sha256:ab",
    status=SubmissionStatus.GRADED,
    score=6.5,
    max_score=10,
    isolation="namespaces",
    calibration="certified: so",
    seed="5eed",
    seconds=1.25,
    cpu_seconds=2.0,
    checks=(STRIDE, LUCK, LOSS),
)


def as_written_now(line: str) -> str:
    """Return an old line with the fields that were added since; readers of the record may ignore them."""
    jobs = '"jobs": {"call": 0.0, "training": 0.0, "total": 0.0}'
    return line.replace('"reason": ', f'{jobs}, "handed_in": "", "graded_at": "", "reason": ')


def changed(**fields: Any) -> str:
    return json.dumps(json.loads(OLD_LINE) | fields)


def with_check(**fields: Any) -> str:
    [stride, *_] = json.loads(OLD_LINE)["checks"]
    return changed(checks=[stride | fields])


def with_measurement(**fields: Any) -> str:
    measurement = json.loads(OLD_LINE)["checks"][1]["measurement"]
    return with_check(measurement=measurement | fields)


def without(name: str) -> str:
    return json.dumps({key: value for key, value in json.loads(OLD_LINE).items() if key != name})


def test_a_line_of_an_earlier_version_is_read() -> None:
    assert SubmissionResult.from_json(OLD_LINE) == RESULT


def test_a_result_is_written_as_before() -> None:
    assert RESULT.to_json() == as_written_now(OLD_LINE)


def test_terms_that_were_read_are_terms() -> None:
    """Strings of the same text are equal to them, and have no words."""
    result = SubmissionResult.from_json(OLD_LINE)
    measurement = result.checks[1].measurement
    assert measurement is not None
    assert measurement.direction is Direction.AT_LEAST
    assert (result.status, result.checks[2].status.words) == (SubmissionStatus.GRADED, "out of time")


def test_a_result_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(RESULT)) == RESULT


def test_fields_with_a_default_may_be_missing() -> None:
    assert SubmissionResult.from_json(without("calibration")) == replace(RESULT, calibration="")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[]", "Expected a result of schema 1. Received: '[]'"),
        (changed(schema=2), "Expected a result of schema 1. Received: "),
        ("[" * 100_000, "Expected a result. Received: '[[["),
        (changed(colour=1), "colour: there is no such field."),
        (without("student"), "student: the field is missing."),
        (changed(status="fine"), "status: expected one of graded, needs_staff, rejected. Received: 'fine'"),
        (changed(status=["graded"]), "status: expected one of graded, needs_staff, rejected."),
        (changed(student=7), "student: expected a text. Received: 7"),
        (changed(score="6.5"), "score: expected a finite number. Received: '6.5'"),
        (changed(score=True), "score: expected a finite number. Received: True"),
        (changed(max_score=None), "max_score: expected a finite number. Received: None"),
        (OLD_LINE.replace("6.5", "NaN"), "score: expected a finite number. Received: nan"),
        (OLD_LINE.replace("6.5", "1e999"), "score: expected a finite number. Received: inf"),
        (OLD_LINE.replace("6.5", "1" * 400), "score: expected a finite number. Received: 111"),
        (changed(checks=None), "checks: expected a list. Received: None"),
        (changed(checks=["a"]), "checks[0]: expected an object. Received: 'a'"),
        (changed(checks=[{"id": "x"}]), "checks[0].title: the field is missing."),
        (with_check(status="late"), "checks[0].status: expected one of passed, partial, failed, "),
        (with_check(visibility=""), "checks[0].visibility: expected one of public, hidden. Received: ''"),
        (with_check(metrics=[1]), "checks[0].metrics: expected an object. Received: [1]"),
        (with_check(metrics={"\x1b": "1"}), "checks[0].metrics.'\\x1b': expected a finite number."),
        (with_check(artifacts=[{"name": "a"}]), "checks[0].artifacts[0].caption: the field is missing."),
        (with_measurement(direction="below"), "checks[0].measurement.direction: expected one of at_least, "),
        (with_measurement(runs=1.5), "checks[0].measurement.runs: expected a whole number. Received: 1.5"),
        (
            with_measurement(trials=[{"seed": 1, "value": "x"}]),
            "checks[0].measurement.trials[0].value: expected a finite number. Received: 'x'",
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_named(line: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared below, literally
        SubmissionResult.from_json(line)
    assert str(caught.value).startswith(words)


def test_no_number_is_written_that_json_lacks() -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        replace(RESULT, score=float("nan")).to_json()


def test_every_term_has_words_of_its_own() -> None:
    for terms in (list(CheckStatus), list(SubmissionStatus), list(Direction)):
        words = [term.words for term in terms]
        assert all(words)
        assert len(set(words)) == len(words)
        assert not [word for word in words if "_" in word]


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("value", [None, float("nan")])
def test_no_number_reaches_no_threshold(direction: Direction, value: float | None) -> None:
    assert not direction.reaches(value, 0.5)


def test_directions_compare_in_opposite_ways() -> None:
    least, most = Direction.AT_LEAST, Direction.AT_MOST
    assert [least.reaches(value, 2) for value in (1, 2, 3)] == [False, True, True]
    assert [most.reaches(value, 2) for value in (1, 2, 3)] == [True, True, False]
    assert (least.worst([1, 2]), least.best([1, 2])) == (most.best([1, 2]), most.worst([1, 2])) == (1, 2)
    assert (least.margin(3, 1), most.margin(1, 3)) == (2, 2)
