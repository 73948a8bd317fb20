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

_REFUSED: Final = (
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "pidfd_open"),
    *("pidfd_send_signal", "execve", "execveat", "fork", "vfork"),
    # mounts and namespaces
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    *("name_to_handle_at", "open_by_handle_at"),
    # memory that limits a process do not see
    *("memfd_create", "memfd_secret", "shmget", "shmat", "msgget", "semget", "mq_open"),
    # the kernel itself
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "kexec_load"),
    *("init_module", "finit_module", "delete_module", "reboot", "swapon", "acct", "syslog"),
    *("quotactl", "personality", "fanotify_init", "ioprio_set"),
)
# C libraries fall back to an older call when these are missing, and give up when they are refused.
_MISSING: Final = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")

_AUDIT_ARCHITECTURE: Final = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_X32_BIT: Final = 0x4000_0000
_CLONE_THREAD: Final = 0x0001_0000
_CLONE_NAMESPACES: Final = 0x7E02_0080
_AF_UNIX: Final = 1
_TIOCSTI: Final = 0x5412
_TIOCLINUX: Final = 0x541C

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW: Final = 0x7FFF_0000
_KILL_PROCESS: Final = 0x8000_0000
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENT_0, _OFFSET_ARGUMENT_1 = 0, 4, 16, 24
_SET_MODE_FILTER: Final = 1
_FLAG_ALL_THREADS: Final = 1

Instruction = tuple[int, int, int, int]
"""``(code, jump if true, jump if false, operand)``; jumps count the instructions they skip."""


def program() -> list[Instruction]:
    """Return the filter for this machine.

    Raises:
        OSError: the machine's architecture is not supported.
    """
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
    for name in _REFUSED:
        code += _answer(name, errno.EPERM)
    for name in _MISSING:
        code += _answer(name, errno.ENOSYS)
    return [*code, *_threads_only(), *_unix_sockets_only(), *_no_typing_for_others(), (_RETURN, 0, 0, _ALLOW)]


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


def _threads_only() -> list[Instruction]:
    """``clone`` may make a thread of this process, and nothing else."""
    return _guarded(
        "clone",
        [
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_0),
            (_ANY_BIT, 0, 2, _CLONE_THREAD),
            (_ANY_BIT, 1, 0, _CLONE_NAMESPACES),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _error(errno.EPERM)),
        ],
    )


def _unix_sockets_only() -> list[Instruction]:
    """``socket`` may open the local family only; asyncio needs it, a network does not exist."""
    return _guarded(
        "socket",
        [
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_0),
            (_EQUAL, 0, 1, _AF_UNIX),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _error(errno.EACCES)),
        ],
    )


def _no_typing_for_others() -> list[Instruction]:
    """No pushing of characters into a terminal's input."""
    return _guarded(
        "ioctl",
        [
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_1),
            (_EQUAL, 2, 0, _TIOCSTI),
            (_EQUAL, 1, 0, _TIOCLINUX),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _error(errno.EPERM)),
        ],
    )
