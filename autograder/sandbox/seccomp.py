"""The system-call filter of a confined process, as a classic BPF program.

Most calls stay allowed, because TensorFlow uses hundreds. The filter refuses all calls that make a process,
reach another process, change mounts or namespaces, or open a network connection. It also refuses the large
attack surfaces of the kernel (bpf, io_uring, keys, perf). A submission cannot fork, so the limits of one
process are the limits of the submission.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import Final

from autograder.sandbox import linux
from autograder.sandbox.linux import Prctl

_REFUSED: Final = (
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "pidfd_open"),
    *("pidfd_send_signal", "execve", "execveat", "fork", "vfork"),
    # mounts and namespaces
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    *("name_to_handle_at", "open_by_handle_at"),
    # memory that the limits of a process do not count
    *("memfd_create", "memfd_secret"),
    # System V and POSIX communication; a number is enough to reach another program's memory or queue
    *("shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"),
    *("semget", "semop", "semtimedop", "semctl"),
    # the kernel itself
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "kexec_load"),
    *("init_module", "finit_module", "delete_module", "reboot", "swapon", "acct", "syslog"),
    *("quotactl", "quotactl_fd", "personality", "fanotify_init", "ioprio_set"),
    *("modify_ldt", "ioperm", "iopl", "vhangup", "clock_adjtime", "listmount", "statmount"),
)
# If these calls do not exist, C libraries use an older call; if the calls are refused, the libraries fail.
_MISSING: Final = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")

# Without namespaces a job shares the machine with other programs, so these are refused as well.
_REFUSED_WITHOUT_NAMESPACES: Final = (
    # signals; `kill` and `tgkill` are allowed for the process itself, see `without_namespaces`
    *("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    # local sockets: desktops, databases and container engines listen there
    *("socket", "connect", "bind"),
    # what Landlock does not handle: changing attributes of files that are read-only, and watching them
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat", "file_setattr"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
    *("inotify_init", "inotify_init1"),
)

_AUDIT_ARCHITECTURE: Final = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_X32_BIT: Final = 0x4000_0000
# CLONE_THREAD and CLONE_FILES: the watchdog looks only at descriptors that all threads share.
_CLONE_THREAD: Final = 0x0001_0000 | 0x0400
_CLONE_NAMESPACES: Final = 0x7E02_0080
_AF_UNIX: Final = 1
_SOCKET_TYPE, _SOCK_STREAM, _SOCK_SEQPACKET = 0xF, 1, 5
# Requests of ioctl that write into a terminal's input, or choose a process that gets signals.
_IOCTLS: Final = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
# Without namespaces only these are allowed. Many requests of file systems change the flags or attributes of a
# file that was opened for reading, or reserve space without writing.
_IOCTLS_WITHOUT_NAMESPACES: Final = (
    *(0x5401, 0x802C_542A, 0x540F, 0x5413),  # TCGETS, TCGETS2, TIOCGPGRP, TIOCGWINSZ: ask for a terminal
    *(0x541B, 0x5421, 0x5450, 0x5451),  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
)
# Commands of fcntl that choose a process that gets signals, watch a folder, or make others wait for a file.
_FCNTLS: Final = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
# Attributes that a job may not change: the job ends with its supervisor, which can read the job's /proc.
_PRCTLS: Final = (Prctl.PDEATHSIG, Prctl.DUMPABLE, Prctl.MM, Prctl.PTRACER)
# Access mode 3, the fourth, gives a descriptor for ioctl only, and no library uses it. Landlock does not
# check it, even if it truncates the file.
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
_TRUNCATION_HANDLED: Final = 3  # from this version on Landlock handles truncation

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW: Final = 0x7FFF_0000
_KILL_PROCESS: Final = 0x8000_0000
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_SET_MODE_FILTER: Final = 1
_FLAG_ALL_THREADS: Final = 1

Instruction = tuple[int, int, int, int]
"""``(code, jump if true, jump if false, operand)``; jumps count the instructions they skip."""


def program() -> list[Instruction]:
    """Return the filter for this machine.

    Raises:
        OSError: the machine's architecture is not supported.
    """
    return [
        *_prologue(),
        *(step for name in _REFUSED for step in _fail(name, errno.EPERM)),
        *(step for name in _MISSING for step in _fail(name, errno.ENOSYS)),
        *_threads_only(),
        *_local_family_only("socket"),
        *_local_family_only("socketpair"),
        *_refuse_values("ioctl", 1, _IOCTLS),
        *_refuse_values("fcntl", 1, _FCNTLS),
        *_refuse_values("prctl", 0, _PRCTLS),
        *_refuse_bits("open", 1, _O_ACCMODE, _O_ACCMODE),
        *_refuse_bits("openat", 2, _O_ACCMODE, _O_ACCMODE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def without_namespaces(process: int, landlock_version: int) -> list[Instruction]:
    """Return the second filter of a process without its own namespaces; the stricter filter decides.

    Args:
        process: its number; it may send signals to itself only.
        landlock_version: before version 3 Landlock does not handle truncation, so the filter refuses it.

    Raises:
        OSError: the machine's architecture is not supported.
    """
    code = [
        *_prologue(),
        *(step for name in _REFUSED_WITHOUT_NAMESPACES for step in _fail(name, errno.EPERM)),
    ]
    for name in ("kill", "tgkill"):
        code += _allow_values(name, 0, (process,))
    code += _allow_values("prlimit64", 0, (0, process))
    for name in ("sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_setattr"):
        code += _allow_values(name, 0, (0,))
    code += [*_fail("setpriority", errno.EPERM), *_connected_pairs_only()]
    # Space that is reserved and not written is not counted. If fallocate fails, libraries write zeros.
    code += _fail("fallocate", errno.EOPNOTSUPP)
    code += _by_argument("ioctl", 1, _IOCTLS_WITHOUT_NAMESPACES, listed=_ALLOW, others=_error(errno.ENOTTY))
    # The arguments of openat2 are in memory, which a filter cannot read. Libraries use openat instead.
    code += _fail("openat2", errno.ENOSYS)
    if landlock_version < _TRUNCATION_HANDLED:  # O_TRUNC truncates even a file that is opened for reading
        code += _fail("truncate", errno.EPERM)
        code += _refuse_bits("open", 1, _O_TRUNC | _O_ACCMODE, _O_TRUNC)
        code += _refuse_bits("openat", 2, _O_TRUNC | _O_ACCMODE, _O_TRUNC)
    return [*code, (_RETURN, 0, 0, _ALLOW)]


def _prologue() -> list[Instruction]:
    """Kill a process that makes calls of another architecture; load the number of the call."""
    machine = platform.machine()
    if machine not in _AUDIT_ARCHITECTURE:
        raise OSError(f"Expected x86_64 or aarch64 for a system-call filter. Received: {machine}")
    code: list[Instruction] = [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT_ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
    ]
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL_PROCESS)]
    return code


def install(code: list[Instruction]) -> None:
    """Install a filter for all threads of this process, for good.

    Raises:
        OSError: the kernel refuses.
    """
    linux.prctl(linux.Prctl.NO_NEW_PRIVS, 1)
    raw = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in code))
    header = struct.pack("@HP", len(code), ctypes.addressof(raw))
    linux.syscall("seccomp", ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_FLAG_ALL_THREADS), header)


def _error(code: int) -> int:
    """Return the filter's result that makes a call fail with this error number."""
    return 0x0005_0000 | code


def _fail(name: str, code: int) -> list[Instruction]:
    """Let one call fail with this error number."""
    number = linux.number(name)
    return [] if number is None else [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _error(code))]


def _for_call(name: str, tests: list[Instruction]) -> list[Instruction]:
    """Run ``tests`` for one call only; they have to end in a return on every path."""
    number = linux.number(name)
    return [] if number is None else [(_EQUAL, 0, len(tests), number), *tests]


def _argument(index: int) -> int:
    """Return the offset of an argument's lower half in the data of the filter."""
    return _OFFSET_ARGUMENTS + 8 * index


def _refuse_values(name: str, index: int, values: tuple[int, ...]) -> list[Instruction]:
    """Let one call fail if an argument has one of these values."""
    return _by_argument(name, index, values, listed=_error(errno.EPERM), others=_ALLOW)


def _allow_values(name: str, index: int, values: tuple[int, ...]) -> list[Instruction]:
    """Let one call fail unless an argument has one of these values."""
    return _by_argument(name, index, values, listed=_ALLOW, others=_error(errno.EPERM))


def _by_argument(
    name: str, index: int, values: tuple[int, ...], *, listed: int, others: int
) -> list[Instruction]:
    """Return ``listed`` for one call if an argument has one of the values, and otherwise ``others``."""
    return _for_call(
        name,
        [
            (_LOAD, 0, 0, _argument(index)),
            *((_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)),
            (_RETURN, 0, 0, others),
            (_RETURN, 0, 0, listed),
        ],
    )


def _threads_only() -> list[Instruction]:
    """Let ``clone`` make only threads of this process that share its descriptors."""
    return _for_call(
        "clone",
        [
            (_LOAD, 0, 0, _argument(0)),
            (_ANY_BIT, 3, 0, _CLONE_NAMESPACES),
            (_AND, 0, 0, _CLONE_THREAD),
            (_EQUAL, 0, 1, _CLONE_THREAD),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _error(errno.EPERM)),
        ],
    )


def _local_family_only(name: str) -> list[Instruction]:
    """Allow sockets of the local family only, which asyncio needs; other families load kernel modules."""
    return _for_call(
        name,
        [
            (_LOAD, 0, 0, _argument(0)),
            (_EQUAL, 0, 1, _AF_UNIX),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _error(errno.EACCES)),
        ],
    )


def _connected_pairs_only() -> list[Instruction]:
    """Let ``socketpair`` make only types of sockets that cannot be connected to another program."""
    return _for_call(
        "socketpair",
        [
            (_LOAD, 0, 0, _argument(1)),
            (_AND, 0, 0, _SOCKET_TYPE),
            (_EQUAL, 2, 0, _SOCK_STREAM),
            (_EQUAL, 1, 0, _SOCK_SEQPACKET),
            (_RETURN, 0, 0, _error(errno.EPERM)),
            (_RETURN, 0, 0, _ALLOW),
        ],
    )


def _refuse_bits(name: str, index: int, mask: int, bits: int) -> list[Instruction]:
    """Let one call fail if an argument has exactly these bits among those of the mask."""
    return _for_call(
        name,
        [
            (_LOAD, 0, 0, _argument(index)),
            (_AND, 0, 0, mask),
            (_EQUAL, 0, 1, bits),
            (_RETURN, 0, 0, _error(errno.EPERM)),
            (_RETURN, 0, 0, _ALLOW),
        ],
    )
