"""The files about a class: whose they are, and what a second run does to them."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from fake_engine import FakeEngine, plan_of

from autograder.grading import pool
from autograder.grading.graded import Graded
from autograder.grading.publish import Results, refuse_out
from autograder.homework import Course, Homework, HomeworkError
from autograder.pictures import image_grid
from autograder.reports.feedback import write_feedback
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)
from autograder.submission import Entry, find_submissions, passed_over

WHEN = datetime(2026, 3, 1, tzinfo=UTC)


def run(out: Path, everybody: list[str], chosen: list[str], homework: str = "cnn") -> list[str]:
    """Grade some students of a class with an engine that gives everybody three points."""
    wanted = Course.find(Path(__file__)).homework(homework)
    results = Results(out, wanted)
    for graded in pool.run(plan_of(wanted), [Entry(name, ()) for name in chosen], FakeEngine()):
        results.add(graded)
    return [result.student for result in results.publish(everybody).results]


def test_grading_one_student_again_keeps_others(tmp_path: Path) -> None:
    out, names = tmp_path / "out", ["ada", "bob", "cleo"]
    assert run(out, names, names) == names
    assert run(out, names, ["bob"]) == names
    rows = (out / "grades.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["student", *names]
    assert len((out / "results.jsonl").read_text().splitlines()) == 4


def test_reports_of_another_homework_are_kept(tmp_path: Path) -> None:
    """The folder for results is refused instead."""
    out = tmp_path / "out"
    run(out, ["ada"], ["ada"])
    before = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}
    with pytest.raises(HomeworkError, match=r"holds results of cnn\. Give each homework"):
        run(out, ["ada"], ["ada"], "rnn")
    assert {path: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_a_student_who_left_is_not_in_the_reports(tmp_path: Path) -> None:
    run(tmp_path / "out", ["ada", "bob"], ["ada", "bob"])
    assert run(tmp_path / "out", ["bob"], ["bob"]) == ["bob"]


def test_every_name_has_a_log_of_its_own(tmp_path: Path) -> None:
    names = ["a b", "a_b", "_grader", "x" * 253, "x" * 252, "Zo\u00eb", "<b>", "../up"]
    run(tmp_path / "out", names, names)
    logs = [path.read_text() for path in (tmp_path / "out" / "logs").glob("*.txt")]
    assert sorted(logs) == sorted(f"log of {name}" for name in names)


SAMPLES = image_grid(np.ones((1, 4, 4)), 1)


def drawn(student: str, *names: str) -> Graded:
    kept = tuple(Artifact(name, f"Caption of {name}") for name in names)
    check = CheckResult("a", "A", Visibility.HIDDEN, 1, 1, CheckStatus.PASSED, artifacts=kept)
    result = SubmissionResult(student, "cnn", "", SubmissionStatus.GRADED, 1, 1, checks=(check,))
    return Graded(result, "", dict.fromkeys(names, SAMPLES))


def test_each_student_has_own_pictures_and_page(tmp_path: Path, homework: Homework) -> None:
    """This also holds for names that are no file names."""
    files, names = (
        Results(tmp_path, homework),
        ["ada", "../up", "..", "a/b", "Zo\u00eb", "x" * 253, "x" * 252, "."],
    )
    for name in names:
        files.add(drawn(name, "a-x.png"))
        write_feedback([drawn(name, "a-x.png").result], homework, tmp_path, WHEN)
    assert len(list((tmp_path / "pictures").glob("*/a-x.png"))) == len(names)
    pages = [path.read_text() for path in (tmp_path / "feedback").iterdir()]
    assert len(pages) == len(names)
    assert all("data:image/png;base64," in page for page in pages)
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "pictures", "feedback", "results.jsonl"}


def test_grading_again_replaces_own_pictures_only(tmp_path: Path, homework: Homework) -> None:
    """The pictures of other students are kept."""
    files = Results(tmp_path, homework)
    files.add(drawn("ada", "a-old.png", "a-both.png"))
    files.add(drawn("bob", "a-old.png"))
    files.add(drawn("ada", "a-both.png"))
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png"))
    assert found == ["pictures/ada/a-both.png", "pictures/bob/a-old.png"]
    files.add(drawn("ada"))
    assert not (tmp_path / "pictures/ada").exists()


def test_pictures_never_go_through_a_link(tmp_path: Path, homework: Homework) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a-x.png").write_bytes(b"theirs")
    out = tmp_path / "out"
    out.mkdir()
    files = Results(out, homework)
    (out / "pictures/ada").symlink_to(elsewhere)
    files.add(drawn("ada", "a-x.png"))
    assert (elsewhere / "a-x.png").read_bytes() == b"theirs"
    assert not (out / "pictures/ada").is_symlink()
    for secret in (out / "secret.png", out / "pictures/ada/a-secret.png"):
        secret.write_bytes(SAMPLES)
    (out / "pictures/ada/a-x.png").unlink()
    (out / "pictures/ada/a-x.png").symlink_to(out / "secret.png")
    (out / "pictures/bob").symlink_to(out / "pictures/ada")
    for graded in (drawn("ada", "a-x.png", "../../secret.png"), drawn("bob", "a-secret.png")):
        write_feedback([graded.result], homework, out, WHEN)
    assert all("base64" not in path.read_text() for path in (out / "feedback").iterdir())


def test_a_lost_picture_is_left_out(tmp_path: Path, homework: Homework) -> None:
    """Its file is missing, is no picture or is no regular file."""
    files = Results(tmp_path, homework)
    files.add(drawn("ada", "a-x.png", "a-y.png", "a-z.png"))
    (tmp_path / "pictures/ada/a-x.png").write_bytes(b"GIF89a")
    (tmp_path / "pictures/ada/a-y.png").unlink()
    os.mkfifo(tmp_path / "pictures/ada/a-y.png")
    write_feedback([drawn("ada", "a-x.png", "a-y.png", "a-z.png").result], homework, tmp_path, WHEN)
    assert (tmp_path / "feedback/ada.html").read_text().count("data:image") == 1


@pytest.mark.parametrize("name", ["pictures", "feedback", "logs"])
def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is graded then."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to(tmp_path)
    with pytest.raises(HomeworkError, match=f"{name} to be a folder. Received: a symbolic link"):
        run(tmp_path / "out", ["ada"], ["ada"])
    assert not (tmp_path / "out/results.jsonl").exists()


def test_everybody_with_a_result_has_a_page(tmp_path: Path) -> None:
    run(tmp_path / "out", ["ada", "bob"], ["ada", "bob"])
    (tmp_path / "out/feedback/ada.html").unlink()
    run(tmp_path / "out", ["ada", "bob"], ["bob"])
    pages = sorted(path.name for path in (tmp_path / "out/feedback").iterdir())
    assert pages == ["ada.html", "bob.html"]
    links = set(re.findall(r'href="(feedback/[^"]*)"', (tmp_path / "out/report.html").read_text()))
    assert links == {f"feedback/{page}" for page in pages}


def test_results_are_for_their_owner_only(tmp_path: Path) -> None:
    run(tmp_path / "out", ["ada"], ["ada"])
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_half_written_files_are_removed(tmp_path: Path, homework: Homework) -> None:
    """What lies deeper belongs to others: somebody may give the course's folder."""
    half = [tmp_path / name for name in (".grades.csv.17.tmp", "feedback/.ada.html.17.tmp", "logs/.try-abc")]
    half.append(tmp_path / "pictures/ada/.a.png.17.tmp")
    others = [tmp_path / name for name in ("grades.csv", "submitted/ada/.rnn.py.17.tmp", ".tmp")]
    for path in (*half, *others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    Results(tmp_path, homework)
    assert [path for path in (*half, *others) if path.exists()] == others


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, homework: Homework) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/results.jsonl").write_text("half a li")
    results = Results(tmp_path / "out", homework)
    results.add(drawn("ada"))
    [sentence] = results.publish(["ada"]).unreadable
    assert sentence.startswith(f"Line 1 of {results.journal} cannot be read")


def test_results_never_go_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(HomeworkError, match="which is none"):
        refuse_out(tmp_path / "out", tmp_path / "class")


@pytest.mark.parametrize("name", ["logs", "pictures", "feedback"])
def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, homework: Homework, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(HomeworkError, match="folders of its own"):
        Results(tmp_path, homework)


def test_an_out_that_cannot_be_made_is_refused(tmp_path: Path, homework: Homework) -> None:
    """Before anybody is graded, and with one sentence."""
    (tmp_path / "file").touch()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "results.jsonl").mkdir()
    for out in (tmp_path / "file" / "out", tmp_path / "results", tmp_path / ("n" * 300)):
        with pytest.raises(HomeworkError, match="Expected --out to be a folder to write in"):
            Results(out, homework)


def test_a_name_that_is_no_utf8_can_be_written(tmp_path: Path) -> None:
    """Its invalid bytes are spelled out."""
    (tmp_path / "bad\udcffname").mkdir()
    assert [entry.student for entry in find_submissions(tmp_path)] == ["bad<U+DCFF>name"]


def test_files_of_no_submission_are_named(tmp_path: Path) -> None:
    """Hidden files are left out."""
    (tmp_path / "ada").mkdir()
    for name in ("carol_cnn.py", "work.rar", ".DS_Store", "\udcff\x1b[2J.txt"):
        (tmp_path / name).touch()
    assert passed_over(tmp_path) == ["carol_cnn.py", "work.rar", "<U+DCFF><U+001B>[2J.txt"]
