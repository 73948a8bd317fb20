"""Runs the command under test, as root or as an ordinary user, and says what it left running.

Usage: ``launcher.py REPORT USER COMMAND…``; USER is a number, or ``-`` to stay who we are. The launcher
adopts every process below it whose parent ends, so what hangs on it at the end was left behind.

An ordinary user is made by a user namespace that maps one number to root's: after an exec nothing is left of
root's rights, and yet files of root's, such as an interpreter below its home, stay readable.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_SUBREAPER = 36
_NEW_USER = 0x1000_0000
_PATIENCE = 5.0


def main(report: str, user: str, command: list[str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_SUBREAPER, 1, 0, 0, 0) == 0
    change = None if user == "-" else ordinary(libc, int(user))
    with subprocess.Popen(command, preexec_fn=change) as process:  # noqa: PLW1509 - there are no threads here
        code = process.wait()
    left = wait_for_the_rest()
    words = [describe(pid) for pid in left]
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    Path(report).write_text(json.dumps({"code": code, "left": words}), encoding="utf-8")


def ordinary(libc: ctypes.CDLL, user: int) -> Callable[[], None]:
    """Return what makes the calling process an ordinary user's, once it executes another program."""
    maps = {"setgroups": "deny", "uid_map": f"{user} {os.geteuid()} 1", "gid_map": f"{user} {os.getegid()} 1"}

    def change() -> None:
        if libc.unshare(_NEW_USER):
            raise OSError(ctypes.get_errno(), "unshare")
        for name, line in maps.items():
            Path(f"/proc/self/{name}").write_text(line, encoding="ascii")

    return change


def wait_for_the_rest() -> list[int]:
    """Wait a little until all processes below this one have ended; return those that have not."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not (left := descendants(os.getpid())):
            return []
        time.sleep(0.05)
    return sorted(left)


def descendants(process: int) -> set[int]:
    """Return the processes below one, however deep."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_bytes().rsplit(b")", 1)[1].split()[1])
    found, new = set[int](), {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def describe(pid: int) -> str:
    """Return a process's number, state and command."""
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()[0].decode()
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return f"{pid} {state} {words}"
    return str(pid)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
