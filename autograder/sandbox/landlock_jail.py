"""A jail where user namespaces are forbidden, by Landlock and a stricter system-call filter.

The same two steps as in `autograder.sandbox.jail`: `enter` confines the zygote once, `lock` one job's process
for good. Files, network, processes and signals are as far out of reach as there, by other means. Weaker are:
numbers of other processes, names and sizes of files (not their content), and who listens on the machine's
network can be asked for, and disk space is watched instead of being bounded by the kernel.
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

# What libraries read about the machine, and nothing about other processes.
_MACHINE: Final = tuple(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "version", "sys/vm"))
_REACHING: Final = (Capability.DAC_READ_SEARCH, Capability.DAC_OVERRIDE)


def enter(visible: VisiblePaths, scratch: str) -> None:
    """Confine this process, the zygote, to what ``visible`` shows and the folder for its jobs.

    Args:
        visible: what may be read.
        scratch: folder below which jobs get theirs; root gives it to the user that it becomes.

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
    """Take every right from this process that student code does not need, for good."""
    linux.drop_capabilities(keep=linux.effective_capabilities().intersection(_REACHING))
    # Held open: were the kernel to forget this folder's entry, the next look at it would be without a rule.
    os.open("/proc/self", os.O_PATH)
    landlock.restrict(read=(*visible.readable, *_MACHINE, "/proc/self"), scratch=(scratch,), devices=DEVICES)
    limit_this_process(limits, threads=False)
    seccomp.install(seccomp.among_others(os.getpid(), landlock.abi()))
    seccomp.install(code)


def _become(user: int, needed: Iterable[str]) -> None:
    """Become an ordinary user, who keeps one right of root's where ``needed`` is out of reach without it.

    That is the case with an interpreter below a folder that only root may enter. The right to pass such
    folders is bounded by Landlock, like every other: it opens no file that is not shown.
    """
    needed = [path for path in needed if Path(path).exists()]
    held = linux.effective_capabilities()
    linux.empty_bounding_set()
    linux.prctl(Prctl.KEEPCAPS, 1)
    drop_to(user)  # this empties the effective set, and keeps the permitted one
    reaching = [capability for capability in _REACHING if capability in held][:1]
    linux.drop_capabilities(keep=[] if all(map(_readable, needed)) else reaching)
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
    """Return folders and files to show whole, and folders of which only the entries' names are shown.

    Landlock can only add: a folder with something hidden below is shown entry by entry. Python has to list
    the folders it imports from, and who may list one may list all below it: of what is hidden there, such as
    this package where it is installed, names can be seen and nothing else.

    The deeper path decides, as in the jail: what is readable below something hidden, such as an environment
    in the course's folder, is shown.
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
    """Yield a folder's entries; what a link among them points to is shown where it lies, or not at all."""
    yield from (entry for entry in folder.iterdir() if not entry.is_symlink())
