"""Processes that a test interrupts: what runs below them, and whether anything is left."""

from __future__ import annotations

import signal
from pathlib import Path


def descendants(pid: int) -> set[int]:
    """Return the processes below one, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(status.rpartition(")")[2].split()[1])
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def alive(pids: set[int]) -> set[int]:
    """Return those processes that have not ended."""
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def listen_to_ctrl_c() -> None:
    """Undo, in a new process, that Ctrl-C is ignored: it is where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
