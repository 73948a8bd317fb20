"""`autograder check`: what it shows, how it watches, and how Ctrl-C ends it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import watchfiles
from process_tree import alive, descendants, listen_to_ctrl_c
from rich.console import Console
from toy_homework import check, write_toy

from autograder.cli import _watch
from autograder.cli._progress import progress
from autograder.cli._watch import state_of, wait_for_change

ROOT = Path(__file__).parents[2]
MARK = "AUTOGRADER_TEST_RUN"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A homework of two checks that needs no TensorFlow."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    body = 'assert submission.call("f") == 1'
    homework = write_toy(tmp_path, check(body, arguments="submission") + check("pass", "b"), checks="a b")
    (homework.folder / "toy.py").write_text("def f():\n    return 1\n")
    return homework.folder


WITHOUT_ISOLATION = """
from autograder.cli import main
from autograder.practice import practice
from autograder.sandbox.tier import Tier
practice._tier = lambda: Tier.NONE
main(prog_name="autograder")
"""


def start(folder: Path, *options: str, isolated: bool = True) -> subprocess.Popen[str]:
    program = ["-m", "autograder"] if isolated else ["-c", WITHOUT_ISOLATION]
    command = [sys.executable, *program, "check", "toy", str(folder), *options]
    environment = os.environ | {MARK: str(folder), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509 - the tests start no threads meanwhile
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(seen)


def interrupt(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C; expect the end, in one line and without a process that is left."""
    below = descendants(process.pid)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert rest.strip().splitlines()[-1] == "Stopped."
    assert "Traceback" not in rest
    while alive(below) and time.monotonic() < started + 60:
        time.sleep(0.05)
    assert alive(below) == set()
    return rest


def test_a_numpy_module_needs_no_tensorflow(folder: Path) -> None:
    """An unchanged module needs nothing at all."""
    first, _ = start(folder).communicate(timeout=300)
    assert "Starting Python" in first
    assert "TensorFlow" not in first
    again, _ = start(folder).communicate(timeout=300)
    assert "Starting" not in again
    assert "2 of 2 checks: known from an earlier run." in again


@pytest.mark.parametrize("isolated", [True, False])
def test_ctrl_c_stops_a_job(folder: Path, isolated: bool) -> None:
    (folder / "toy.py").write_text("def f():\n    while True:\n        pass\n")
    process = start(folder, isolated=isolated)
    read_until(process, "Running f")
    while len(descendants(process.pid)) < 2:  # a zygote and a supervisor
        time.sleep(0.05)
    interrupt(process)


@pytest.mark.tensorflow
def test_ctrl_c_stops_the_start(folder: Path) -> None:
    (folder / "toy.py").write_text("import keras\n\n\ndef f():\n    return 1\n")
    process = start(folder)
    read_until(process, "Starting TensorFlow")
    while not descendants(process.pid):
        time.sleep(0.05)
    interrupt(process)


ENDLESS_TRAINING = """
import keras
import numpy as np

def f():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(256), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((10_000, 4)), np.zeros(10_000), epochs=100_000, batch_size=64, verbose=0)
    return 1
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("isolated", [True, False])
def test_ctrl_c_stops_a_training(folder: Path, isolated: bool) -> None:
    (folder / "toy.py").write_text(ENDLESS_TRAINING)
    process = start(folder, isolated=isolated)
    read_until(process, "Running f")
    time.sleep(8)  # Keras compiles for a while, and then it trains
    interrupt(process)


def test_watch_shows_what_changed(folder: Path) -> None:
    process = start(folder, "--watch")
    assert "2/2" in read_until(process, "Waiting")
    (folder / "toy.py").write_text("def f():\n    return 2\n")
    seen = read_until(process, "Waiting")
    assert "0/2" in seen
    assert "2/2" not in seen
    assert "1 of 2 checks: known from an earlier run." in seen
    (folder / "toy.py").unlink()
    assert "Expected a file named toy.py" in read_until(process, "Waiting")
    (folder / "toy.py").write_text("def f():\n    return 1\n")
    assert "2/2" in read_until(process, "Waiting")
    interrupt(process)


def test_a_machine_without_watches_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many people may share it, and the kernel limits how many folders are watched."""

    def refused(*_: object, **__: object) -> Iterator[object]:
        raise RuntimeError("Error creating recommended watcher: Too many open files (os error 24)")

    monkeypatch.setattr(watchfiles, "watch", refused)
    monkeypatch.setattr(_watch, "_LOOK_MS", 10)
    (tmp_path / "cnn.py").write_text("old")
    seen = state_of(tmp_path)
    saving = threading.Timer(0.1, (tmp_path / "cnn.py").write_text, ("new",))
    saving.start()
    wait_for_change(tmp_path, seen)
    assert state_of(tmp_path) != seen


def test_a_watched_folder_may_be_removed(folder: Path) -> None:
    process = start(folder, "--watch")
    read_until(process, "Waiting")
    shutil.rmtree(folder)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Expected a folder to watch." in rest
    assert "Traceback" not in rest


def test_only_runs_what_was_asked(folder: Path) -> None:
    seen, _ = start(folder, "--only", "b").communicate(timeout=300)
    assert "2 of 2 points of these checks." in seen
    assert "Running" not in seen


def test_an_unknown_name_is_refused(folder: Path) -> None:
    process = start(folder, "--only", "c")
    seen, _ = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "Checks: a, b. Functions: f." in " ".join(seen.split())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is looked at ten times a second."""
    monkeypatch.setattr(_watch, "_LOOK_MS", 100)


@pytest.mark.usefixtures("patient")
def test_a_save_before_the_wait_counts(tmp_path: Path) -> None:
    seen = state_of(tmp_path)
    (tmp_path / "cnn.py").write_text("x = 1\n")
    wait_for_change(tmp_path, seen)


@pytest.mark.usefixtures("patient")
def test_only_another_content_ends_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "cnn.py"
    path.write_text("x = 1\n")
    seen, ended = state_of(tmp_path), threading.Event()

    def wait() -> None:
        wait_for_change(tmp_path, seen)
        ended.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    path.write_text("x = 1\n")
    (tmp_path / "picture.png").touch()
    assert not ended.wait(1)
    shutil.copy(path, tmp_path / "new.py")
    (tmp_path / "new.py").rename(path)  # as editors do
    assert not ended.wait(1)
    path.write_text("x = 2\n")
    assert ended.wait(60)
    thread.join()


def test_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Console(file=sys.stdout)) as tell:
        for doing in ("Running f", "", "Running f", "", "Training: g", ""):
            tell(doing)
    assert capsys.readouterr().out == "Running f …\nTraining: g …\n"


def test_a_terminal_shows_seconds() -> None:
    output = io.StringIO()
    with progress(Console(file=output, force_terminal=True, width=60)) as tell:
        tell("Training: g")
        time.sleep(1.3)
    assert "Training: g, 0 s" in output.getvalue()
    assert "Training: g, 1 s" in output.getvalue()
