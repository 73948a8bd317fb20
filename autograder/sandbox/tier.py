"""Isolation tiers: which one this machine supports, and what would enable a stronger one."""

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
    """The best tier of this machine.

    Attributes:
        tier: the best tier that works.
        missing: why no stronger tier works; empty at the strongest tier.
        remedy: what staff can do to enable a stronger tier; empty at the strongest tier.
    """

    tier: Tier
    missing: str = ""
    remedy: str = ""


def probe(hidden: Iterable[Path] = ()) -> Isolation:
    """Find the best tier by trying each in a child process; this process stays as it is.

    Args:
        hidden: paths that must not be readable, such as the course's folder. The Python environment may lie
            in one of them.
    """
    if sys.platform != "linux":
        return Isolation(Tier.NONE, f"confinement needs Linux; this is {platform.system()}", remedy())
    if (no_namespaces := why_unavailable(Tier.NAMESPACES, hidden)) is None:
        return Isolation(Tier.NAMESPACES)
    if (no_landlock := why_unavailable(Tier.LANDLOCK, hidden)) is None:
        return Isolation(Tier.LANDLOCK, no_namespaces, remedy(Tier.NAMESPACES))
    both = f"{remedy(Tier.NAMESPACES)}; or, for the tier landlock: {remedy(Tier.LANDLOCK)}"
    return Isolation(Tier.NONE, f"{no_namespaces}; {no_landlock}", both)


def remedy(tier: Tier = Tier.NAMESPACES) -> str:
    """Return the line that tells how to enable a tier on this machine."""
    if sys.platform != "linux":
        return "grade inside a Linux virtual machine, on Windows under WSL 2"
    return allow_landlock() if tier is Tier.LANDLOCK else allow_namespaces()


def why_unavailable(tier: Tier, hidden: Iterable[Path] = ()) -> str | None:
    """Return why a tier cannot be used on this machine; None if it can.

    A child process confines itself and then writes a message. The tier works only if this message arrives.

    Args:
        tier: a tier that confines, not ``NONE``.
        hidden: see `probe`.
    """
    if sys.platform != "linux":
        return probe().missing
    visible = VisiblePaths.for_this_python(hidden)
    attempt = {Tier.NAMESPACES: _try_namespaces, Tier.LANDLOCK: _try_landlock}[tier]
    read, write = os.pipe()
    status = _in_child(write, lambda: attempt(visible, write))
    os.close(write)
    with os.fdopen(read, errors="replace") as pipe:
        message = pipe.read()
    if status == 0 and message == _WORKED:
        return None
    return (
        message.removesuffix(_WORKED)
        or f"a process that was to be confined ended without a message ({status})"
    )


def _in_child(write: int, action: Callable[[], object]) -> int:
    """Run an action in a child process, which writes the error, if there is one, to a pipe.

    Args:
        write: descriptor of the pipe.
        action: what to run.

    Returns:
        The child's exit code; 0 only if nothing was raised.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        except OSError as error:
            os.write(write, (error.strerror or str(error)).encode())
        except Exception as error:  # noqa: BLE001 - after any error the tier does not work here
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _try_namespaces(visible: VisiblePaths, write: int) -> None:
    """Confine this process by namespaces and mounts, and its child as a job."""
    from autograder.sandbox import jail, linux, seccomp  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415

    linux.die_with_parent()
    jail.enter(visible)
    jail.enter_job()

    def confine() -> None:
        jail.mount_scratch(Limits())
        jail.lock(visible, Limits(), seccomp.program())
        os.write(write, _WORKED.encode())

    _in_child(write, confine)  # only a child is inside the job's process namespace


def _try_landlock(visible: VisiblePaths, write: int) -> None:
    """Confine a child process by Landlock, with a scratch folder of its own."""
    from autograder.sandbox import landlock_jail, seccomp  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415
    from autograder.sandbox.scratch import scratch_folder  # noqa: PLC0415

    def confine() -> None:
        landlock_jail.enter(visible, scratch)
        landlock_jail.lock(visible, Limits(), seccomp.program(), scratch)
        os.write(write, _WORKED.encode())

    with scratch_folder() as scratch:
        _in_child(write, confine)
