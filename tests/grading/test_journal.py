"""The journal that keeps results."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading.journal import Journal, JournalContent
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)

CHECK = CheckResult(
    id="stride",
    title="Moves by the stride",
    visibility=Visibility.HIDDEN,
    score=1.5,
    max_score=3,
    status=CheckStatus.PARTIAL,
    message="Zeilenumbruch\nund „Anführung“",
    metrics={"accuracy": 0.5},
    artifacts=(Artifact("stride-grid.png", "Raster"),),
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


def test_the_last_complete_line_of_a_student_wins(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    assert journal.read() == JournalContent({}, ())
    journal.add(RESULT)
    journal.add(replace(RESULT, student="bob"))
    journal.add(replace(RESULT, score=3.0))
    assert {student: result.score for student, result in journal.read().results.items()} == {
        "ada": 3.0,
        "bob": 1.5,
    }


@pytest.mark.parametrize("tail", ['{"schema": 1, "stud', "garbage", "[]", "[" * 100_000, '{"schema": 1}'])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, tail: str) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    journal.add(RESULT)
    with journal.path.open("a") as file:
        file.write(tail)
    journal.add(replace(RESULT, student="bob"))
    content = journal.read()
    assert set(content.results) == {"ada", "bob"}
    [sentence] = content.unreadable
    assert sentence.startswith(f"Line 2 of {journal.path} cannot be read and does not count: ")
    assert journal.path.read_text().splitlines()[1] == tail


def test_half_a_character_loses_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    journal.add(RESULT)
    whole = replace(RESULT, student="Zoë").to_json().encode()
    with journal.path.open("ab") as file:
        file.write(whole[: whole.index("ë".encode()) + 1])
    journal.add(replace(RESULT, student="bob"))
    assert set(journal.read().results) == {"ada", "bob"}


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_message_may_hold_line_ends(tmp_path: Path, end: str) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    result = replace(RESULT, reason=f"one{end}two")
    journal.add(result)
    assert journal.read() == JournalContent({"ada": result}, ())


def test_a_name_that_is_no_unicode_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    result = replace(RESULT, student="Zo\udceb", reason="ë 🙂 \\udceb")
    journal.add(result)
    assert journal.read() == JournalContent({"Zo\udceb": result}, ())


def test_a_write_that_is_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, write = Journal(tmp_path / "results.jsonl"), os.write
    monkeypatch.setattr("autograder.grading.journal.os.write", lambda handle, data: write(handle, data[:50]))
    journal.add(RESULT)
    assert journal.read() == JournalContent({"ada": RESULT}, ())


def test_the_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "results.jsonl")
    journal.add(RESULT)
    assert journal.path.stat().st_mode & 0o077 == 0
