"""A jail for machines without user namespaces: Landlock and a stricter system-call filter.

It has the same two steps as `autograder.sandbox.jail`: `enter` confines the zygote once, `lock` confines one
job's process for good. Files, network, processes and signals are protected as well as there. It is weaker in
two points. Student code can find out the numbers of other processes, the names and sizes of files (not their
content), and which ports are open on the machine. And the watchdog limits disk space, not the kernel.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from autograder.sandbox import landlock, linux, seccomp
from autograder.sandbox.jail import DEVICES, drop_to, spare_id
from autograder.sandbox.limits import Limits
from autograder.sandbox.linux import Capability, Prctl
from autograder.sandbox.rlimits import limit_this_process
from autograder.sandbox.visible import VisiblePaths

# Files that libraries read about the machine; they tell nothing about other processes.
_MACHINE: Final = tuple(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "version", "sys/vm"))
_FOLDER_CAPABILITIES: Final = (Capability.DAC_READ_SEARCH, Capability.DAC_OVERRIDE)


def enter(visible: VisiblePaths, scratch: str) -> None:
    """Confine this process, the zygote, to the visible paths and the folder for its jobs.

    Args:
        visible: the paths that may be read.
        scratch: folder in which each job gets its own; root gives it to the user that it becomes.

    Raises:
        OSError: the kernel has no Landlock, or refuses; the message names the call.
    """
    if not landlock.abi():
        raise OSError("landlock_create_ruleset: the kernel has no Landlock, or it is switched off")
    if os.geteuid() == 0 and (spare := spare_id()) is not None:
        os.chown(scratch, spare, spare)
        _become(spare, (*visible.readable, scratch))
    linux.die_with_parent()
    trees, listed = _trees(visible)
    landlock.restrict(read=(*trees, "/proc"), listed=listed, scratch=(scratch,), devices=DEVICES)


def lock(visible: VisiblePaths, limits: Limits, code: list[seccomp.Instruction], scratch: str) -> None:
    """Remove every right that student code does not need from this process, for good.

    Args:
        visible: the paths that stay readable.
        limits: what the job may use.
        code: the system-call filter of every tier; the stricter rules of this tier are added here.
        scratch: the job's scratch folder.
    """
    linux.drop_capabilities(keep=linux.effective_capabilities().intersection(_FOLDER_CAPABILITIES))
    # Kept open: if the kernel dropped this folder's cached entry, the rule would not hold for the next entry.
    os.open("/proc/self", os.O_PATH)
    landlock.restrict(read=(*visible.readable, *_MACHINE, "/proc/self"), scratch=(scratch,), devices=DEVICES)
    limit_this_process(limits, threads=False)
    seccomp.install(seccomp.without_namespaces(os.getpid(), landlock.abi()))
    seccomp.install(code)


def _become(user: int, needed: Iterable[str]) -> None:
    """Become an ordinary user, who keeps one capability of root if ``needed`` cannot be read without it.

    That happens if the interpreter lies below a folder that only root may enter. The capability to enter such
    folders opens no hidden file, because Landlock still applies.
    """
    needed = [path for path in needed if Path(path).exists()]
    held = linux.effective_capabilities()
    linux.empty_bounding_set()
    linux.prctl(Prctl.KEEPCAPS, 1)
    drop_to(user)  # this empties the effective set, and keeps the permitted one
    kept = [capability for capability in _FOLDER_CAPABILITIES if capability in held][:1]
    linux.drop_capabilities(keep=[] if all(map(_readable, needed)) else kept)
    linux.prctl(Prctl.KEEPCAPS, 0)
    if unreadable := [path for path in needed if not _readable(path)]:
        raise PermissionError(f"{unreadable[0]}: an ordinary user cannot read it")


def _readable(path: str) -> bool:
    """Return whether this process may read a file, or list and enter a folder."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return not Path(path).is_dir() or os.access(path, os.X_OK, effective_ids=True)


def _trees(visible: VisiblePaths) -> tuple[list[str], list[str]]:
    """Return the files and folders to show whole, and the folders of which only entry names are shown.

    Landlock can only allow paths, so a folder with something hidden below is allowed entry by entry. Python
    has to list the folders from which it imports. The right to list a folder includes all folders below it.
    So the names of hidden files there, such as those of this package, can be seen, and nothing else of them.

    As in the jail, the deeper path wins: a readable folder below a hidden one is shown, for example an
    environment in the course's folder.
    """
    hidden = {Path(os.path.realpath(path)) for path in visible.hidden}
    trees: list[str] = []
    split: list[str] = []
    waiting = [Path(os.path.realpath(path)) for path in visible.readable]
    while waiting:
        path = waiting.pop()
        if path in hidden:
            continue
        if any(secret.is_relative_to(path) for secret in hidden):
            split.append(str(path))
            waiting += _entries(path)
        else:
            trees.append(str(path))
    return trees, [path for path in split if path in map(os.path.realpath, sys.path)]


def _entries(folder: Path) -> Iterator[Path]:
    """Yield a folder's entries without links: the target of a link needs a rule for its own path."""
    yield from (entry for entry in folder.iterdir() if not entry.is_symlink())
