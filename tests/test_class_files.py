"""The files about a class: whose they are, and what a second run does to them."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.engines import bench, grade_class
from autograder.engines.grade_class import ClassRun, refuse_out
from autograder.grading.grade import Graded, lost
from autograder.homework import Course, HomeworkError
from autograder.result import SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, find_submissions, passed_over


class Engine:
    """Stands in for the local engine: everybody gets three points, and a log with their name."""

    def __init__(self, homework: object, *_: object) -> None:
        self.homework = homework

    def grade(self, entries: list[Entry]) -> list[Graded]:
        graded = [lost(entry, self.homework, "") for entry in entries]  # type: ignore[arg-type]
        return [
            Graded(replace(result, status=SubmissionStatus.GRADED, score=3.0), f"log of {result.student}")
            for result in graded
        ]


def run(
    out: Path,
    everybody: list[str],
    chosen: list[str],
    monkeypatch: pytest.MonkeyPatch,
    homework: str = "cnn",
) -> list[str]:
    monkeypatch.setattr(bench, "LocalEngine", Engine)
    monkeypatch.setattr(bench, "course_secret", lambda _: bytes(32))
    monkeypatch.setattr(grade_class, "certify", lambda *_, **__: "")
    course = Course.find(Path(__file__))
    entries = tuple(Entry(name, ()) for name in chosen)
    class_run = ClassRun(
        course, course.homework(homework), entries, tuple(everybody), out, Tier.NAMESPACES, 1, ()
    )
    return [result.student for result in class_run.grade(lambda _: None)]


def test_grading_one_student_again_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, names = tmp_path / "out", ["ada", "bob", "cleo"]
    assert run(out, names, names, monkeypatch) == names
    assert run(out, names, ["bob"], monkeypatch) == names
    rows = (out / "grades.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["student", *names]
    assert len((out / "results.jsonl").read_text().splitlines()) == 4


def test_the_reports_of_one_homework_never_replace_those_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(out, ["ada"], ["ada"], monkeypatch)
    before = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}
    with pytest.raises(HomeworkError, match=r"holds results of cnn\. Give each homework"):
        run(out, ["ada"], ["ada"], monkeypatch, "rnn")
    assert {path: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_a_student_who_left_the_class_leaves_the_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "out", ["ada", "bob"], ["ada", "bob"], monkeypatch)
    assert run(tmp_path / "out", ["bob"], ["bob"], monkeypatch) == ["bob"]


def test_every_name_has_a_log_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a b", "a_b", "_grader", "x" * 253, "x" * 252, "Zo\u00eb", "<b>", "../up"]
    run(tmp_path / "out", names, names, monkeypatch)
    logs = [path.read_text() for path in (tmp_path / "out" / "logs").glob("*.txt")]
    assert sorted(logs) == sorted(f"log of {name}" for name in names)


def test_results_are_for_their_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "out", ["ada"], ["ada"], monkeypatch)
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_grading_removes_what_killed_graders_left_and_leaves_nothing_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    (temporary / "autograder-scratch-abcdefgh").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr("time.time", lambda: (temporary / "..").stat().st_ctime + 3600)
    run(tmp_path / "out", ["ada"], ["ada"], monkeypatch)
    assert list(temporary.iterdir()) == []


def test_results_never_go_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(HomeworkError, match="which is a file"):
        refuse_out(tmp_path / "out", tmp_path / "class")


def test_a_name_that_is_no_utf8_becomes_one_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "bad\udcffname").mkdir()
    assert [entry.student for entry in find_submissions(tmp_path)] == ["bad?name"]


def test_files_that_are_nobodys_submission_are_named(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name in ("carol_cnn.py", "work.rar", ".DS_Store", "\udcff\x1b[2J.txt"):
        (tmp_path / name).touch()
    assert passed_over(tmp_path) == ["carol_cnn.py", "work.rar", "??[2J.txt"]
