"""The Linux system calls that confinement needs, through ctypes.

A warm process is confined after it was forked, so no helper program can do it: everything happens in the
process itself. Each function raises `OSError` with the call's name when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from enum import IntEnum, IntFlag
from typing import Final

_libc = ctypes.CDLL(None, use_errno=True)

# x86-64 and arm64 number the older calls differently; those since 5.1 are the same everywhere.
_COLUMN: Final = {"x86_64": 0, "aarch64": 1}.get(platform.machine())
_NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fork": (57, None),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "seccomp": (317, 277),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmat": (30, 196),
    "shmget": (29, 194),
    "socket": (41, 198),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vfork": (58, None),
}


class Namespace(IntFlag):
    """Kinds of namespace, as `unshare` takes them."""

    MOUNT = 0x0002_0000
    CGROUP = 0x0200_0000
    UTS = 0x0400_0000
    IPC = 0x0800_0000
    USER = 0x1000_0000
    PID = 0x2000_0000
    NET = 0x4000_0000


class MountFlag(IntFlag):
    """Flags of `mount`."""

    NONE = 0
    NOSUID = 2
    NODEV = 4
    NOEXEC = 8
    BIND = 0x1000
    RECURSIVE = 0x4000
    PRIVATE = 0x4_0000


class Prctl(IntEnum):
    """The process attributes that are set here."""

    PDEATHSIG = 1
    DUMPABLE = 4
    CAPBSET_DROP = 24
    NO_NEW_PRIVS = 38
    CAP_AMBIENT = 47


_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x2008_0522
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_ATTR_RDONLY_NOSUID_NODEV: Final = 0x1 | 0x2 | 0x4
_MNT_DETACH: Final = 2


def number(name: str) -> int | None:
    """Return the number of a system call on this machine, or None where it does not exist."""
    return None if _COLUMN is None else _NUMBERS[name][_COLUMN]


def syscall(name: str, *arguments: object) -> int:
    """Make a system call that the C library has no function for.

    Args:
        name: a key of the table above.
        *arguments: ctypes values or bytes.

    Returns:
        The call's result, never negative.

    Raises:
        OSError: the kernel refused, or the call does not exist on this machine.
    """
    code = number(name)
    if code is None:
        raise OSError(f"{name}: no such system call on {platform.machine()}")
    return _checked(_libc.syscall(ctypes.c_long(code), *arguments), name)


def unshare(kinds: Namespace) -> None:
    """Move this process (its children, for PID) into fresh namespaces of these kinds."""
    _checked(_libc.unshare(ctypes.c_int(kinds)), f"unshare({kinds!r})")


def mount(
    source: str, target: str, kind: str = "", flags: MountFlag = MountFlag.NONE, data: str = ""
) -> None:
    """Make ``source`` visible at ``target``; the arguments are those of the system call."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode() or None
    )
    _checked(result, f"mount({source} at {target}, {kind}, {flags!r}, {data})")


def make_read_only(target: str, *, with_mounts_below: bool = True) -> None:
    """Make a mount, and everything mounted below it, read-only, without set-user-id or devices."""
    attributes = struct.pack("=QQQQ", _ATTR_RDONLY_NOSUID_NODEV, 0, 0, 0)
    syscall(
        "mount_setattr",
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE if with_mounts_below else 0),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )


def pivot_root(new_root: str, old_root: str) -> None:
    """Make ``new_root`` this namespace's root and hang the old one at ``old_root``."""
    syscall("pivot_root", new_root.encode(), old_root.encode())


def detach(target: str) -> None:
    """Unmount ``target`` lazily."""
    _checked(_libc.umount2(target.encode(), ctypes.c_int(_MNT_DETACH)), f"umount2({target})")


def prctl(attribute: Prctl, value: int = 0) -> None:
    """Set one attribute of this process for as long as it runs."""
    words = [ctypes.c_ulong(word) for word in (value, 0, 0, 0)]
    _checked(_libc.prctl(ctypes.c_int(attribute), *words), f"prctl({attribute!r}, {value})")


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent ends. A change of user clears this: ask again after one."""
    prctl(Prctl.PDEATHSIG, 9)


def drop_capabilities() -> None:
    """Empty every capability set of this process, the bounding set included."""
    for capability in range(64):
        try:
            prctl(Prctl.CAPBSET_DROP, capability)
        except OSError:  # past the last one that this kernel knows
            break
    prctl(Prctl.CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


def _checked(result: int, what: str) -> int:
    """Return a call's result, or raise its error with the call's name."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
