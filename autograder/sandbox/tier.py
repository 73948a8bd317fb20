"""Isolation tiers: what this machine can do, and the line that would make it do more."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


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


def probe() -> Isolation:
    """Find the best tier by trying; nothing that was tried stays."""
    if sys.platform != "linux":
        return Isolation(
            Tier.NONE,
            f"confinement needs Linux; this is {platform.system()}",
            "grade inside a Linux virtual machine, on Windows under WSL 2",
        )
    if not (no_namespaces := complaint(Tier.NAMESPACES)):
        return Isolation(Tier.NAMESPACES)
    if not (no_landlock := complaint(Tier.LANDLOCK)):
        return Isolation(Tier.LANDLOCK, no_namespaces, _remedy())
    return Isolation(Tier.NONE, f"{no_namespaces}; {no_landlock}", _remedy())


def complaint(tier: Tier) -> str:
    """Confine a child process at a tier; return what the kernel said against it, empty when it worked."""
    if sys.platform != "linux":
        return probe().missing
    read, write = os.pipe()
    _in_child(write, lambda: {Tier.NAMESPACES: _try_namespaces, Tier.LANDLOCK: _try_landlock}[tier](write))
    os.close(write)
    with os.fdopen(read) as pipe:
        return pipe.read()


def _in_child(write: int, action: Callable[[], object]) -> None:
    """Do something in a child process, which ends with it; write what the kernel said against it."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except OSError as error:
            os.write(write, (error.strerror or str(error)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _try_namespaces(write: int) -> None:
    """Make the namespaces and mounts of a jail."""
    from autograder.sandbox import jail, linux  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415

    linux.die_with_parent()
    jail.enter(jail.Walls.around_this_python())
    jail.enter_job()
    _in_child(write, lambda: jail.mount_scratch(Limits()))  # has to be inside the job's process namespace


def _try_landlock(write: int) -> None:
    """Put up a fence around a folder of its own."""
    from autograder.sandbox import fence, jail, seccomp  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415
    from autograder.sandbox.scratch import scratch_folder  # noqa: PLC0415

    walls = jail.Walls.around_this_python()

    def enclose() -> None:
        fence.enter(walls, scratch)
        fence.lock(walls, Limits(), seccomp.program(), scratch)

    with scratch_folder() as scratch:
        _in_child(write, enclose)


def _remedy() -> str:
    """Return the line that allows unprivileged user namespaces here."""
    restrictions = (
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  # Ubuntu 24.04: AppArmor",
        ),
        (
            "/proc/sys/kernel/unprivileged_userns_clone",
            "0",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
    )
    for path, value, line in restrictions:
        if Path(path).exists() and Path(path).read_text().strip() == value:
            return line
    return (
        "in a container, allow user namespaces and an unmasked /proc "
        "(docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …)"
    )
