"""One run at a time writes to a folder for results."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading import out_lock
from autograder.grading.out_lock import locked
from autograder.homework import HomeworkError

HOLDS = """
import sys
from pathlib import Path
from autograder.grading.out_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_run_is_refused(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    words = rf"Another run writes to .*process {other.pid} on .*, since 20.*another folder with --out"
    with pytest.raises(HomeworkError, match=words), locked(tmp_path):
        pass
    other.communicate()
    with locked(tmp_path):
        pass


def test_a_kill_releases_the_lock(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.kill()
    other.communicate()
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '"text"'])
def test_a_holder_may_not_have_said_who_it_is(
    tmp_path: Path, other: subprocess.Popen[str], content: str | None
) -> None:
    (tmp_path / ".lock-holder.json").unlink()
    if content is not None:
        (tmp_path / ".lock-holder.json").write_text(content)
    with pytest.raises(HomeworkError, match=r"Another run writes to .*it has just begun"), locked(tmp_path):
        pass
    other.communicate()


def test_a_file_system_without_locks_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(out_lock, "exclusive_lock", refuse)
    with locked(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()


def test_an_impossible_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = r"can be written\. Received: .*file"
    with pytest.raises(HomeworkError, match=words), locked(tmp_path / "file/out"):
        pass
