"""The system-call filter of a confined process, as a classic BPF program.

Most calls stay allowed: TensorFlow uses hundreds. What goes is every way to make a process, to reach
another one, to change mounts or namespaces, to open a network, and the large attack surfaces of the
kernel (bpf, io_uring, keys, perf). With no fork, limits a process are limits a submission.
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
    # memory that limits a process do not see
    *("memfd_create", "memfd_secret"),
    # what System V and POSIX share between processes; a number is enough to reach somebody else's
    *("shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"),
    *("semget", "semop", "semtimedop", "semctl"),
    # the kernel itself
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "kexec_load"),
    *("init_module", "finit_module", "delete_module", "reboot", "swapon", "acct", "syslog"),
    *("quotactl", "quotactl_fd", "personality", "fanotify_init", "ioprio_set"),
    *("modify_ldt", "ioperm", "iopl", "vhangup", "clock_adjtime", "listmount", "statmount"),
)
# C libraries fall back to an older call when these are missing, and give up when they are refused.
_MISSING: Final = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")

# Without namespaces a job shares the machine with everybody: these are refused as well.
_REFUSED_AMONG_OTHERS: Final = (
    # signals other than by `kill` and `tgkill`, which may name the process itself
    *("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    # local sockets: desktops, databases and container engines listen there
    *("socket", "connect", "bind"),
    # what Landlock lets pass: changing files that can only be read, and watching them
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat", "file_setattr"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
    *("inotify_init", "inotify_init1"),
)

_AUDIT_ARCHITECTURE: Final = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_X32_BIT: Final = 0x4000_0000
_CLONE_THREAD: Final = 0x0001_0000 | 0x0400  # and CLONE_FILES: nobody looks at descriptors of one thread only
_CLONE_NAMESPACES: Final = 0x7E02_0080
_AF_UNIX: Final = 1
_SOCKET_TYPE, _SOCK_STREAM, _SOCK_SEQPACKET = 0xF, 1, 5
# Requests of ioctl: typing into a terminal, and signals to a process of one's choice.
_IOCTLS: Final = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
# Without namespaces these are the only ones: many of a file system's own change a file that was opened for
# reading, such as its flags or attributes, or reserve space which nobody ever writes.
_IOCTLS_AMONG_OTHERS: Final = (
    *(0x5401, 0x802C_542A, 0x540F, 0x5413),  # TCGETS, TCGETS2, TIOCGPGRP, TIOCGWINSZ: is it a terminal?
    *(0x541B, 0x5421, 0x5450, 0x5451),  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
)
# Commands of fcntl: the same signals, watching a folder, and making others wait for a file.
_FCNTLS: Final = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
# Attributes that the supervisor relies on: the job ends with it, and it can look at the job.
_PRCTLS: Final = (Prctl.PDEATHSIG, Prctl.DUMPABLE, Prctl.MM, Prctl.PTRACER)
# The fourth access mode, 3, gives a handle for ioctl, and libraries have no use for it. Landlock asks for no
# right to it, nor to cut by it.
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000
_TRUNCATION_HANDLED: Final = 3  # the version of Landlock

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
        *(step for name in _REFUSED for step in _answer(name, errno.EPERM)),
        *(step for name in _MISSING for step in _answer(name, errno.ENOSYS)),
        *_threads_only(),
        *_local_family_only("socket"),
        *_local_family_only("socketpair"),
        *_refusing("ioctl", 1, _IOCTLS),
        *_refusing("fcntl", 1, _FCNTLS),
        *_refusing("prctl", 0, _PRCTLS),
        *_refusing_bits("open", 1, _O_ACCMODE, _O_ACCMODE),
        *_refusing_bits("openat", 2, _O_ACCMODE, _O_ACCMODE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def among_others(process: int, landlock_version: int) -> list[Instruction]:
    """Return what a process without namespaces of its own needs in addition: the strictest answer counts.

    Args:
        process: its number; it may send signals to itself only.
        landlock_version: before 3, Landlock lets files be cut short.
    """
    code = [*_prologue(), *(step for name in _REFUSED_AMONG_OTHERS for step in _answer(name, errno.EPERM))]
    for name in ("kill", "tgkill"):
        code += _only(name, 0, (process,))
    code += _only("prlimit64", 0, (0, process))
    for name in ("sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_setattr"):
        code += _only(name, 0, (0,))
    code += [*_answer("setpriority", errno.EPERM), *_connected_pairs_only()]
    # Space that was reserved and never written is counted nowhere; without this, libraries write zeros.
    code += _answer("fallocate", errno.EOPNOTSUPP)
    code += _deciding("ioctl", 1, _IOCTLS_AMONG_OTHERS, listed=_ALLOW, others=_error(errno.ENOTTY))
    # What openat2 is to do stands in memory, where no filter can look; libraries fall back to openat.
    code += _answer("openat2", errno.ENOSYS)
    if landlock_version < _TRUNCATION_HANDLED:  # what is opened for reading is cut short all the same
        code += _answer("truncate", errno.EPERM)
        code += _refusing_bits("open", 1, _O_TRUNC | _O_ACCMODE, _O_TRUNC)
        code += _refusing_bits("openat", 2, _O_TRUNC | _O_ACCMODE, _O_TRUNC)
    return [*code, (_RETURN, 0, 0, _ALLOW)]


def _prologue() -> list[Instruction]:
    """Kill whoever speaks another machine's language, and load the number of the call."""
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
    """Put all threads of this process under the filter, for good."""
    linux.prctl(linux.Prctl.NO_NEW_PRIVS, 1)
    raw = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in code))
    header = struct.pack("@HP", len(code), ctypes.addressof(raw))
    linux.syscall("seccomp", ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_FLAG_ALL_THREADS), header)


def _error(code: int) -> int:
    """Return the filter's answer that makes a call fail with this error number."""
    return 0x0005_0000 | code


def _answer(name: str, code: int) -> list[Instruction]:
    """Let one call fail."""
    number = linux.number(name)
    return [] if number is None else [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _error(code))]


def _guarded(name: str, tests: list[Instruction]) -> list[Instruction]:
    """Run ``tests``, which end in a return on every path, for one call only."""
    number = linux.number(name)
    return [] if number is None else [(_EQUAL, 0, len(tests), number), *tests]


def _argument(index: int) -> int:
    """Return where the lower half of an argument lies in what the filter sees."""
    return _OFFSET_ARGUMENTS + 8 * index


def _refusing(name: str, index: int, values: tuple[int, ...]) -> list[Instruction]:
    """Let one call fail when an argument has one of these values."""
    return _deciding(name, index, values, listed=_error(errno.EPERM), others=_ALLOW)


def _only(name: str, index: int, values: tuple[int, ...]) -> list[Instruction]:
    """Let one call fail unless an argument has one of these values."""
    return _deciding(name, index, values, listed=_ALLOW, others=_error(errno.EPERM))


def _deciding(
    name: str, index: int, values: tuple[int, ...], *, listed: int, others: int
) -> list[Instruction]:
    """Give one call one answer for the values listed of an argument, and one for all others."""
    return _guarded(
        name,
        [
            (_LOAD, 0, 0, _argument(index)),
            *((_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)),
            (_RETURN, 0, 0, others),
            (_RETURN, 0, 0, listed),
        ],
    )


def _threads_only() -> list[Instruction]:
    """``clone`` may make a thread of this process that shares its descriptors, and nothing else."""
    return _guarded(
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
    """Sockets are of the local family only, which asyncio needs; asking for others loads kernel modules."""
    return _guarded(
        name,
        [
            (_LOAD, 0, 0, _argument(0)),
            (_EQUAL, 0, 1, _AF_UNIX),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _error(errno.EACCES)),
        ],
    )


def _connected_pairs_only() -> list[Instruction]:
    """``socketpair`` may make pairs that can never be connected elsewhere."""
    return _guarded(
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


def _refusing_bits(name: str, index: int, mask: int, bits: int) -> list[Instruction]:
    """Let one call fail when an argument, as far as the mask shows it, has these bits and no others."""
    return _guarded(
        name,
        [
            (_LOAD, 0, 0, _argument(index)),
            (_AND, 0, 0, mask),
            (_EQUAL, 0, 1, bits),
            (_RETURN, 0, 0, _error(errno.EPERM)),
            (_RETURN, 0, 0, _ALLOW),
        ],
    )
