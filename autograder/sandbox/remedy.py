"""What staff can change so that a machine can confine student code: one line for each known cause."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Final

_NAMESPACES_SINCE: Final = (5, 12)
_LANDLOCK_SINCE: Final = (5, 13)
_RESTRICTIONS: Final = (
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
_CONTAINER_MARKS: Final = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
_CONTAINER_VARIABLES: Final = ("container", "KUBERNETES_SERVICE_HOST")
_MODULES: Final = "/sys/kernel/security/lsm"
_USUAL_MODULES: Final = "lockdown,yama,integrity,apparmor"


def allow_namespaces() -> str:
    """Return the line that tells how to allow unprivileged user namespaces on this machine."""
    if _kernel() < _NAMESPACES_SINCE:
        return _newer_kernel(_NAMESPACES_SINCE)
    for path, value, line in _RESTRICTIONS:
        if Path(path).exists() and Path(path).read_text().strip() == value:
            return line
    if _in_a_container():
        return (
            "start the container with user namespaces and an unmasked /proc "
            "(docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …)"
        )
    return "allow user namespaces (CONFIG_USER_NS in the kernel; no rule of SELinux or AppArmor against them)"


def allow_landlock() -> str:
    """Return the line that tells how to enable Landlock on this machine."""
    if _kernel() < _LANDLOCK_SINCE:
        return _newer_kernel(_LANDLOCK_SINCE)
    modules = Path(_MODULES).read_text().strip() if Path(_MODULES).exists() else ""
    if "landlock" not in modules.split(","):
        return (
            f"add lsm=landlock,{modules or _USUAL_MODULES} to the kernel's parameters "
            "(GRUB_CMDLINE_LINUX in /etc/default/grub, then sudo update-grub) and restart; "
            "the kernel has to be built with CONFIG_SECURITY_LANDLOCK=y"
        )
    if _in_a_container():
        return (
            "start the container with a filter that knows Landlock's system calls "
            "(a newer container engine, or docker run --security-opt seccomp=unconfined …)"
        )
    return "see the reason above: the kernel has Landlock"


def _kernel() -> tuple[int, ...]:
    """Return the kernel's version, such as ``(6, 8)``."""
    return tuple(map(int, re.findall(r"\d+", platform.release())[:2]))


def _newer_kernel(wanted: tuple[int, ...]) -> str:
    """Return the line for a kernel that is too old."""
    return f"Linux {'.'.join(map(str, wanted))} or later; this is {platform.release()}"


def _in_a_container() -> bool:
    """Return whether this process seems to run in a container."""
    marked = any(Path(path).exists() for path in _CONTAINER_MARKS)
    return marked or any(name in os.environ for name in _CONTAINER_VARIABLES)
