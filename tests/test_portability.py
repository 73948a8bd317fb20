"""What a student's own machine needs to import: nothing that only Linux has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograder
from autograder import _files
from autograder._files import exclusive_lock, open_file, open_folder

PACKAGE = Path(autograder.__file__).parent
LINUX_ONLY = ("jail", "landlock", "landlock_jail", "linux", "rlimits", "seccomp", "supervisor", "zygote")
# What modules of others need of this machine is imported first; then the machine looks like another one.
ELSEWHERE = """
import asyncio, concurrent.futures, importlib, os, select, signal, socket, sys
import click, jinja2, numpy, PIL.Image, pytest, rich.console, rich.progress, rich.table
for name in ("fcntl", "resource"):
    sys.modules[name] = None
for module, names in (
    (os, "memfd_create pidfd_open O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC"),
    (os, "sched_getaffinity fork geteuid"),
    (select, "poll"),
    (signal, "SIGKILL SIGCHLD pidfd_send_signal"),
    (socket, "AF_UNIX SOCK_SEQPACKET send_fds recv_fds"),
):
    for name in names.split():
        delattr(module, name)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sys.modules)
"""


def modules() -> list[str]:
    """Return the names of all modules above the sandbox that need no other package."""
    paths = (path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    names = (".".join(path.parts).removesuffix(".__init__") for path in paths)
    skipped = ("autograder.sandbox", "autograder.nbgrader", "autograder.__main__")
    return sorted(name for name in names if not name.startswith(skipped))


def test_nothing_above_the_sandbox_needs_linux() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *modules()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    assert {"autograder.sandbox.runner", "autograder.sandbox.client"} <= imported
    assert not imported & {f"autograder.sandbox.{name}" for name in LINUX_ONLY}
    assert not imported & {"tensorflow", "keras"}


# Files


def test_links_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder link").symlink_to(tmp_path)
    for has_flag in (True, False):
        if not has_flag:
            monkeypatch.delattr(os, "O_NOFOLLOW")
            monkeypatch.setattr(_files, "OPENING", os.O_RDONLY)
        inside = open_folder(tmp_path)
        for opening, name in ((open_file, "link"), (open_folder, "folder link")):
            with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
                opening(name, inside)
        handle = open_file("file", inside)
        assert os.read(handle, 9) == b"text"
        os.close(handle)
        os.close(inside)


def test_a_folder_has_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        open_folder(tmp_path / "file")


def test_opening_does_not_wait_on_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.close(open_file(tmp_path / "pipe"))


# Locks

HOLD = """
import sys
from pathlib import Path
from autograder._files import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_held_by_one_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(BlockingIOError), exclusive_lock(path):
            pass
        other.kill()
    with exclusive_lock(path), pytest.raises(BlockingIOError), exclusive_lock(path):
        pass
    with exclusive_lock(path):
        assert path.exists()
