"""The Linux system calls that confinement needs, through ctypes.

A process is confined after it was forked, so no helper program can confine it: the process makes all calls
itself. Each function raises `OSError` with the call's name if the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Final

_libc = ctypes.CDLL(None, use_errno=True)

# x86-64 and arm64 have different numbers for older calls; calls since Linux 5.1 have the same number on both.
_COLUMN: Final = {"x86_64": 0, "aarch64": 1}.get(platform.machine())
_NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bind": (49, 200),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chown": (92, None),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clone": (56, 220),
    "clone3": (435, 435),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fallocate": (285, 47),
    "fanotify_init": (300, 262),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "fcntl": (72, 25),
    "file_setattr": (469, 469),
    "finit_module": (313, 273),
    "fork": (57, None),
    "fremovexattr": (199, 16),
    "fsconfig": (431, 431),
    "fsetxattr": (190, 7),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "futimesat": (261, None),
    "init_module": (175, 105),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioperm": (173, None),
    "iopl": (172, None),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "lchown": (94, None),
    "lremovexattr": (198, 15),
    "listmount": (458, 458),
    "lsetxattr": (189, 6),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "name_to_handle_at": (303, 264),
    "open": (2, None),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "openat": (257, 56),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "removexattr": (197, 14),
    "removexattrat": (466, 466),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "statmount": (457, 457),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "truncate": (76, 45),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
    "vfork": (58, None),
    "vhangup": (153, 58),
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
    """The process attributes that this package names, as `prctl` takes them."""

    PDEATHSIG = 1
    DUMPABLE = 4
    KEEPCAPS = 8
    CAPBSET_DROP = 24
    NO_NEW_PRIVS = 38
    MM = 35
    CAP_AMBIENT = 47
    PTRACER = 0x5961_6D61


class Capability(IntEnum):
    """The capabilities that this package names; the number is the bit."""

    DAC_OVERRIDE = 1
    DAC_READ_SEARCH = 2


_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x2008_0522
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_ATTR_RDONLY_NOSUID_NODEV: Final = 0x1 | 0x2 | 0x4
_MNT_DETACH: Final = 2


def number(name: str) -> int | None:
    """Return the number of a system call on this machine, or None if the call does not exist here."""
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
    """Move this process into new namespaces of these kinds; for PID, only its future children."""
    _checked(_libc.unshare(ctypes.c_int(kinds)), f"unshare ({kinds.name})")


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
    """Make ``new_root`` this namespace's root and mount the old root at ``old_root``."""
    syscall("pivot_root", new_root.encode(), old_root.encode())


def detach(target: str) -> None:
    """Unmount ``target`` lazily."""
    _checked(_libc.umount2(target.encode(), ctypes.c_int(_MNT_DETACH)), f"umount2({target})")


def prctl(attribute: Prctl, value: int = 0) -> None:
    """Set one attribute of this process, until it ends."""
    words = [ctypes.c_ulong(word) for word in (value, 0, 0, 0)]
    _checked(_libc.prctl(ctypes.c_int(attribute), *words), f"prctl({attribute!r}, {value})")


def die_with_parent() -> None:
    """Let the kernel send SIGKILL when the parent ends. A change of user clears this: call it again then."""
    prctl(Prctl.PDEATHSIG, 9)


def drop_capabilities(keep: Iterable[Capability] = ()) -> None:
    """Remove all capabilities from every set of this process, the bounding set included, except ``keep``."""
    empty_bounding_set()
    prctl(Prctl.CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    kept = sum(1 << capability for capability in keep)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, struct.pack("=6I", kept, kept, 0, 0, 0, 0)), "capset")


def empty_bounding_set() -> None:
    """Empty the bounding set, so that no other program can give this process a capability."""
    for capability in range(64):
        try:
            prctl(Prctl.CAPBSET_DROP, capability)
        except OSError:  # after the last capability of this kernel, or not allowed: nothing to remove then
            break


def effective_capabilities() -> set[Capability]:
    """Return the members of `Capability` that this process has."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff")
    )
    held = int(line.split()[1], 16)
    return {capability for capability in Capability if held >> capability & 1}


def _checked(result: int, what: str) -> int:
    """Return a call's result, or raise `OSError` with the call's name."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
