"""The files about a class: whose they are, and what a second run does to them."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from autograder.engines import bench, grade_class
from autograder.engines.class_files import ClassFiles
from autograder.engines.grade_class import ClassRun, refuse_out
from autograder.grading.grade import Graded, lost
from autograder.homework import Course, Homework, HomeworkError
from autograder.pictures import image_grid
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, find_submissions, passed_over

WHEN = datetime(2026, 3, 1, tzinfo=UTC)


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


SAMPLES = image_grid(np.ones((1, 4, 4)), 1)


def drawn(student: str, *names: str) -> Graded:
    kept = tuple(Artifact(name, f"Caption of {name}") for name in names)
    check = CheckResult("a", "A", Visibility.HIDDEN, 1, 1, CheckStatus.PASSED, artifacts=kept)
    result = SubmissionResult(student, "cnn", "", SubmissionStatus.GRADED, 1, 1, checks=(check,))
    return Graded(result, "", dict.fromkeys(names, SAMPLES))


def test_every_student_has_pictures_and_a_page_of_their_own(tmp_path: Path, homework: Homework) -> None:
    files, names = ClassFiles(tmp_path), ["ada", "../up", "..", "a/b", "Zo\u00eb", "x" * 253, "x" * 252, "."]
    for name in names:
        files.keep(drawn(name, "a-x.png"))
        files.write_feedback(drawn(name, "a-x.png").result, homework, WHEN)
    assert len(list((tmp_path / "pictures").glob("*/a-x.png"))) == len(names)
    pages = [path.read_text() for path in (tmp_path / "feedback").iterdir()]
    assert len(pages) == len(names)
    assert all("data:image/png;base64," in page for page in pages)
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "pictures", "feedback"}


def test_grading_again_replaces_the_pictures_of_that_student_only(tmp_path: Path) -> None:
    files = ClassFiles(tmp_path)
    files.keep(drawn("ada", "a-old.png", "a-both.png"))
    files.keep(drawn("bob", "a-old.png"))
    files.keep(drawn("ada", "a-both.png"))
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png"))
    assert found == ["pictures/ada/a-both.png", "pictures/bob/a-old.png"]
    files.keep(drawn("ada"))
    assert not (tmp_path / "pictures/ada").exists()


def test_pictures_never_go_through_a_link(tmp_path: Path, homework: Homework) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a-x.png").write_bytes(b"theirs")
    out = tmp_path / "out"
    out.mkdir()
    files = ClassFiles(out)
    (out / "pictures/ada").symlink_to(elsewhere)
    files.keep(drawn("ada", "a-x.png"))
    assert (elsewhere / "a-x.png").read_bytes() == b"theirs"
    assert not (out / "pictures/ada").is_symlink()
    for secret in (out / "secret.png", out / "pictures/ada/a-secret.png"):
        secret.write_bytes(SAMPLES)
    (out / "pictures/ada/a-x.png").unlink()
    (out / "pictures/ada/a-x.png").symlink_to(out / "secret.png")
    (out / "pictures/bob").symlink_to(out / "pictures/ada")
    for graded in (drawn("ada", "a-x.png", "../../secret.png"), drawn("bob", "a-secret.png")):
        files.write_feedback(graded.result, homework, WHEN)
    assert all("base64" not in path.read_text() for path in (out / "feedback").iterdir())


def test_a_picture_that_is_none_any_more_is_left_out(tmp_path: Path, homework: Homework) -> None:
    files = ClassFiles(tmp_path)
    files.keep(drawn("ada", "a-x.png", "a-y.png", "a-z.png"))
    (tmp_path / "pictures/ada/a-x.png").write_bytes(b"GIF89a")
    (tmp_path / "pictures/ada/a-y.png").unlink()
    os.mkfifo(tmp_path / "pictures/ada/a-y.png")
    files.write_feedback(drawn("ada", "a-x.png", "a-y.png", "a-z.png").result, homework, WHEN)
    assert (tmp_path / "feedback/ada.html").read_text().count("data:image") == 1


@pytest.mark.parametrize("name", ["pictures", "feedback", "logs"])
def test_a_link_in_place_of_a_folder_stops_the_run_before_anybody_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to(tmp_path)
    with pytest.raises(HomeworkError, match=f"{name} to be a folder. Received: a symbolic link"):
        run(tmp_path / "out", ["ada"], ["ada"], monkeypatch)
    assert not (tmp_path / "out/results.jsonl").exists()


def test_everybody_with_a_result_has_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "out", ["ada", "bob"], ["ada", "bob"], monkeypatch)
    (tmp_path / "out/feedback/ada.html").unlink()
    run(tmp_path / "out", ["ada", "bob"], ["bob"], monkeypatch)
    pages = sorted(path.name for path in (tmp_path / "out/feedback").iterdir())
    assert pages == ["ada.html", "bob.html"]
    links = set(re.findall(r'href="(feedback/[^"]*)"', (tmp_path / "out/report.html").read_text()))
    assert links == {f"feedback/{page}" for page in pages}


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
