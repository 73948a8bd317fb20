"""Isolation tiers: what this machine can do, and the line that would make it do more."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from autograder.sandbox.remedy import allow_landlock, allow_namespaces
from autograder.sandbox.visible import VisiblePaths

_WORKED: Final = "confined"


class Tier(StrEnum):
    """How student code is confined, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Isolation:
    """The best tier of this machine; where it is not the strongest, why, and what would change that."""

    tier: Tier
    missing: str = ""
    remedy: str = ""


def probe(hidden: Iterable[Path] = ()) -> Isolation:
    """Find the best tier by trying; nothing that was tried stays.

    Args:
        hidden: what must not be readable, such as the course's folder: it may hold the environment itself.
    """
    if sys.platform != "linux":
        return Isolation(Tier.NONE, f"confinement needs Linux; this is {platform.system()}", remedy())
    if not (no_namespaces := why_unavailable(Tier.NAMESPACES, hidden)):
        return Isolation(Tier.NAMESPACES)
    if not (no_landlock := why_unavailable(Tier.LANDLOCK, hidden)):
        return Isolation(Tier.LANDLOCK, no_namespaces, remedy(Tier.NAMESPACES))
    both = f"{remedy(Tier.NAMESPACES)}; or, for the tier landlock: {remedy(Tier.LANDLOCK)}"
    return Isolation(Tier.NONE, f"{no_namespaces}; {no_landlock}", both)


def remedy(tier: Tier = Tier.NAMESPACES) -> str:
    """Return the line that would make a tier work here."""
    if sys.platform != "linux":
        return "grade inside a Linux virtual machine, on Windows under WSL 2"
    return allow_landlock() if tier is Tier.LANDLOCK else allow_namespaces()


def why_unavailable(tier: Tier, hidden: Iterable[Path] = ()) -> str:
    """Confine a child process at a tier; return why it cannot be used, empty when it can.

    It can if the child came to its end and said so: one that is lost on the way says nothing.
    """
    if sys.platform != "linux":
        return probe().missing
    visible = VisiblePaths.for_this_python(hidden)
    try_it = {Tier.NAMESPACES: _try_namespaces, Tier.LANDLOCK: _try_landlock}[tier]
    read, write = os.pipe()
    status = _in_child(write, lambda: try_it(visible, write))
    os.close(write)
    with os.fdopen(read, errors="replace") as pipe:
        said = pipe.read()
    if status == 0 and said == _WORKED:
        return ""
    return said.removesuffix(_WORKED) or f"a process that was to be confined ended without a word ({status})"


def _in_child(write: int, action: Callable[[], object]) -> int:
    """Do something in a child process, which ends with it, and writes why where it fails.

    Returns:
        The child's exit code; 0 only when nothing was raised.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        except OSError as error:
            os.write(write, (error.strerror or str(error)).encode())
        except Exception as error:  # noqa: BLE001 - whatever it is, this machine cannot do it
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _try_namespaces(visible: VisiblePaths, write: int) -> None:
    """Make the namespaces and mounts of a jail."""
    from autograder.sandbox import jail, linux, seccomp  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415

    linux.die_with_parent()
    jail.enter(visible)
    jail.enter_job()

    def enclose() -> None:
        jail.mount_scratch(Limits())
        jail.lock(visible, Limits(), seccomp.program())
        os.write(write, _WORKED.encode())

    _in_child(write, enclose)  # has to be inside the job's process namespace


def _try_landlock(visible: VisiblePaths, write: int) -> None:
    """Make a jail by Landlock around a folder of its own."""
    from autograder.sandbox import landlock_jail, seccomp  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415
    from autograder.sandbox.scratch import scratch_folder  # noqa: PLC0415

    def enclose() -> None:
        landlock_jail.enter(visible, scratch)
        landlock_jail.lock(visible, Limits(), seccomp.program(), scratch)
        os.write(write, _WORKED.encode())

    with scratch_folder() as scratch:
        _in_child(write, enclose)
