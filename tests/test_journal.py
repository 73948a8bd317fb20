"""Results as JSON, and the journal that keeps them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading.journal import Journal
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility

CHECK = CheckResult(
    id="stride",
    title="Moves by the stride",
    visibility=Visibility.HIDDEN,
    score=1.5,
    max_score=3,
    status=CheckStatus.PARTIAL,
    message="Zeilenumbruch\nund „Anführung“",
    metrics={"accuracy": 0.5},
    artifacts=("grid.png",),
)
RESULT = SubmissionResult(
    student="ada",
    homework="cnn",
    digest="sha256:0",
    status=SubmissionStatus.GRADED,
    score=1.5,
    max_score=3,
    checks=(CHECK,),
)


def test_a_result_survives_json_on_one_line() -> None:
    line = RESULT.to_json()
    assert "\n" not in line
    assert json.loads(line)["schema"] == 1
    assert SubmissionResult.from_json(line) == RESULT


@pytest.mark.parametrize(
    "change", [{"schema": 2}, {"colour": 1}, {"status": "fine"}, {"checks": [{"id": "x"}]}]
)
def test_another_schema_or_field_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        SubmissionResult.from_json(json.dumps(json.loads(RESULT.to_json()) | change))


def test_a_number_that_json_does_not_have_is_refused_rather_than_written() -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(RESULT, score=float("nan")).to_json()


def test_the_last_complete_line_of_a_student_wins(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    assert journal.read() == {}
    journal.add(RESULT)
    journal.add(replace(RESULT, student="bob"))
    journal.add(replace(RESULT, score=3.0))
    assert {student: result.score for student, result in journal.read().items()} == {"ada": 3.0, "bob": 1.5}


@pytest.mark.parametrize("tail", ['{"schema": 1, "stud', "garbage", "[]"])
def test_a_torn_last_line_loses_nothing_else(tmp_path: Path, tail: str) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    journal.add(RESULT)
    with journal.path.open("a") as file:
        file.write(tail)
    journal.add(replace(RESULT, student="bob"))
    assert set(journal.read()) == {"ada", "bob"}
    assert journal.path.read_text().splitlines()[1] == tail


def test_the_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    journal.add(RESULT)
    assert journal.path.stat().st_mode & 0o077 == 0
