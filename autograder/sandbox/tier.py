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
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Isolation:
    """The best tier of this machine; where it is not the strongest, why, and what would change that."""

    tier: Tier
    missing: str = ""
    remedy: str = ""


def probe() -> Isolation:
    """Find the best tier by trying it in a child process.

    The child makes the namespaces and mounts a jail needs, and ends; nothing stays.
    """
    if sys.platform != "linux":
        return Isolation(
            Tier.NONE,
            f"confinement needs Linux; this is {platform.system()}",
            "grade inside a Linux virtual machine, on Windows under WSL 2",
        )
    failure = _try_namespaces()
    if not failure:
        return Isolation(Tier.NAMESPACES)
    return Isolation(Tier.NONE, failure, _remedy())


def _try_namespaces() -> str:
    """Enter a jail in a child; return its complaint, empty when it worked."""
    from autograder.sandbox import jail, linux  # noqa: PLC0415 - Linux only
    from autograder.sandbox.limits import Limits  # noqa: PLC0415

    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            linux.die_with_parent()
            jail.enter(jail.Walls.around_this_python())
            jail.enter_job()
            if os.fork() == 0:  # mounts need to be inside the job's process namespace
                complaint = _complaint(lambda: jail.mount_scratch(Limits()))
                os.write(write, complaint.encode())
                os._exit(0)
            os.wait()
        except OSError as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        complaint = pipe.read()
    os.waitpid(child, 0)
    return complaint


def _complaint(action: Callable[[], None]) -> str:
    """Run ``action``; return what the kernel said against it."""
    try:
        action()
    except OSError as error:
        return str(error)
    return ""


def _remedy() -> str:
    """Return the line that allows unprivileged user namespaces here."""
    restrictions = (
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  # Ubuntu's AppArmor blocks them",
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
