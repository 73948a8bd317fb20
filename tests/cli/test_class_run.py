"""A run of a class: the order, Ctrl-C, and going on afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_engine import FakeEngine
from process_tree import alive, descendants, listen_to_ctrl_c
from tiny_course import without_luck, write_tiny_course

from autograder.cli import _class_run, main
from autograder.cli._class_run import expected_seconds
from autograder.grading.graded import Broken, Graded
from autograder.grading.out_lock import locked
from autograder.homework import Course
from autograder.result import JobSeconds, SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import Entry, read_submission

ROOT = Path(__file__).parents[2]
SECONDS = {"ada": 5.0, "bob": 50.0, "cid": 20.0}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with one check that three students handed in."""
    course = write_tiny_course(tmp_path / "course")
    without_luck(course)
    for number, student in enumerate(SECONDS):
        folder = course.root / "submitted" / student
        folder.mkdir(parents=True)
        (folder / "dice.py").write_text(f"def double(x):\n    return {number} * x\n")
    return course


def grade(course: Course, *options: str) -> Result:
    return CliRunner().invoke(main, ["grade", "dice", "--course", str(course.root), *options])


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, course: Course) -> FakeEngine:
    """Answers after each student's own time; who is in ``stops`` presses Ctrl-C."""

    def answer(entry: Entry) -> Graded | Broken:
        if entry.student in fake.stops:
            raise KeyboardInterrupt
        digest = read_submission(entry, course.homework("dice")).digest
        return Graded(
            SubmissionResult(
                *(entry.student, "dice", digest, SubmissionStatus.GRADED, 2, 2),
                seconds=SECONDS[entry.student],
            )
        )

    class Stopping(FakeEngine):
        stops: tuple[str, ...] = ()

    fake = Stopping(answer)
    monkeypatch.setattr("autograder.cli.grade.choose_tier", lambda *_, **__: Tier.NAMESPACES)
    monkeypatch.setattr("autograder.cli._class_run.LocalEngine", lambda *_: fake)
    return fake


def test_the_longest_come_first(course: Course, engine: FakeEngine) -> None:
    """As far as an earlier run has shown how long each one takes."""
    grade(course)
    grade(course, "--fresh")
    assert engine.passes == [["ada", "bob", "cid"], ["bob", "cid", "ada"]]


def test_ctrl_c_writes_the_reports(course: Course, engine: FakeEngine) -> None:
    engine.stops = ("cid",)  # type: ignore[attr-defined]
    stopped = grade(course)
    assert stopped.exit_code == 130
    assert "Stopped after 2 of 3 submissions." in stopped.stdout
    assert "start the same command again" in stopped.stdout
    out = course.root / "graded/dice"
    assert "bob" in (out / "report.html").read_text()
    assert [path.stem for path in sorted((out / "feedback").glob("*.html"))] == ["ada", "bob"]
    engine.stops = ()  # type: ignore[attr-defined]
    rest = grade(course)
    assert rest.exit_code == 0
    assert "Known already: 2 of 3." in rest.stdout
    assert engine.passes == [["ada", "bob", "cid"], ["cid"]]


def test_after_ctrl_c_fresh_begins_again(course: Course, engine: FakeEngine) -> None:
    """So the last line does not say that the same command goes on."""
    engine.stops = ("cid",)  # type: ignore[attr-defined]
    stopped = grade(course, "--fresh")
    assert "Started again with --fresh, the command begins with all of them" in stopped.stdout
    assert "start the same command again" not in stopped.stdout


def test_an_unreadable_one_is_no_measure(
    course: Course, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes no time, so the remaining time does not follow from it."""
    told: dict[str, float] = {}

    @contextmanager
    def counted(*_: object) -> Iterator[Callable[[str, float], None]]:
        yield told.__setitem__

    monkeypatch.setattr(_class_run, "counted", counted)
    (course.root / "submitted/bob/dice.py").write_bytes(b"\xff\xfe\0")
    grade(course)
    assert told == {"ada": 5, "bob": 0, "cid": 20}


def test_checks_that_cannot_be_imported_are_named(tmp_path: Path) -> None:
    """By every command that runs them, without a traceback."""
    course = write_tiny_course(tmp_path)
    (course.root / "assignments/dice/conftest.py").write_text("import pytset\n")
    for command in ("selftest", "calibrate"):
        refused = CliRunner().invoke(main, [command, "dice", "--course", str(course.root)])
        assert (refused.exit_code, "pytset" in refused.output) == (2, True), refused.output


def test_a_second_run_is_refused(course: Course, engine: FakeEngine) -> None:
    with locked(course.root / "graded/dice"):
        refused = grade(course)
    assert refused.exit_code == 2
    assert f"process {os.getpid()}" in refused.output
    assert engine.passes == []


def test_ctrl_c_ends_every_process(course: Course) -> None:
    """A submission that never ends is stopped at once; nothing is left behind."""
    (course.root / "submitted/bob/dice.py").write_text("def double(x):\n    while True:\n        pass\n")
    manifest = course.root / "assignments/dice/homework.toml"
    manifest.write_text(manifest.read_text().replace("cpu_seconds = 5", "cpu_seconds = 300"))
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", "dice", "--course", str(course.root), "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509 - the tests start no threads meanwhile
    )
    journal = course.root / "graded/dice/results.jsonl"
    until = time.monotonic() + 120
    while not (journal.exists() and journal.read_text().count("\n") == 2):
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    below = descendants(process.pid)
    assert len(below) > 3  # two slots, each with a zygote
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Stopped after 2 of 3 submissions." in output
    assert {json.loads(line)["student"] for line in journal.read_text().splitlines()} == {"ada", "cid"}
    while left := alive(below):
        assert time.monotonic() < until, left
        time.sleep(0.1)


def test_a_dry_run_names_what_cannot_be_read(course: Course, engine: FakeEngine) -> None:
    """It is not known from an earlier run: there is nothing to grade."""
    (course.root / "submitted/bob/dice.py").unlink()
    (course.root / "submitted/bob/dice.py").mkdir()
    shown = grade(course, "--dry-run").stdout
    assert "Known already: 0 of 3." in shown
    assert "Cannot be read, so nothing of them is run: 1." in shown
    assert "  bob: rejected. dice.py is a folder. Hand in the file itself." in shown
    assert "Would be graded: 2 (ada, cid)." in shown
    assert engine.passes == []


def test_an_estimate_counts_jobs_that_were_known(course: Course) -> None:
    """After a changed message nothing was run, and the next run may run everything."""
    entries = [Entry(student, (course.root / "submitted" / student,)) for student in ("ada", "bob")]
    quick = SubmissionResult(
        *("ada", "dice", "", SubmissionStatus.GRADED, 2, 2), seconds=0.5, jobs=JobSeconds(total=40.0)
    )
    assert expected_seconds(entries, {"ada": quick}) == {"ada": 40.0, "bob": 40.0}


def test_a_dry_run_says_what_would_be_done(course: Course, engine: FakeEngine) -> None:
    """Whom it would grade, what is known, and the time. It writes nothing."""
    first = grade(course, "--dry-run")
    assert "Would be graded: 3 (ada, bob, cid)." in first.stdout
    assert "Expected time: unknown" in first.stdout
    assert "Worst time: about " in first.stdout
    assert not (course.root / "graded").exists()
    grade(course)
    (course.root / "submitted/bob/dice.py").write_text("def double(x):\n    return x + x\n")
    before = sorted((course.root / "graded").rglob("*"))
    second = grade(course, "--dry-run")
    assert "Known already: 2 of 3." in second.stdout
    assert "Would be graded: 1 (bob)." in second.stdout
    assert "Expected time: about 50 s" in second.stdout
    assert engine.passes == [["ada", "bob", "cid"]]
    assert sorted((course.root / "graded").rglob("*")) == before
    grade(course)
    assert "Would be graded: 0." in grade(course, "--dry-run").stdout


def test_one_check_is_shown_and_not_graded(course: Course) -> None:
    shown = grade(course, "--check", "double", "--student", "bob", "--student", "cid")
    assert shown.exit_code == 0, shown.output
    bob, cid = shown.stdout.partition("bob\n")[2], shown.stdout.partition("cid\n")[2]
    assert "Expected double(4) to be 8. Received: 4 (int)." in bob
    assert "2/2" in cid.partition("bob\n")[0]
    assert "No grade was written." in shown.stdout
    assert not (course.root / "graded").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--check", "dubble"), "Received: dubble. Similar names: double."),
        (("--check", "double", "--dry-run"), "Received: both"),
        (("--check", "double", "--student", "eve"), "Received: 'eve'"),
        (("--student", "BOB"), "Received: 'BOB'. Similar names: bob."),
    ],
)
def test_a_wrong_name_is_refused(course: Course, options: tuple[str, ...], words: str) -> None:
    refused = grade(course, *options)
    assert refused.exit_code == 2
    assert words in refused.output
