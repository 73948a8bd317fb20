"""Landlock: the kernel restricts a process to certain paths, whatever its mounts allow.

See https://docs.kernel.org/userspace-api/landlock.html for the meaning of the bits.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from autograder.sandbox import linux

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE: Final = 1 << 14
_READ: Final = _READ_FILE | _READ_DIR
# In the scratch folder everything is allowed, except executing files and making devices, FIFOs and sockets.
_NOT_IN_SCRATCH: Final = (1 << 0) | (1 << 6) | (1 << 9) | (1 << 10) | (1 << 11)
_VERSION_QUERY: Final = 1
_RULE_PATH_BENEATH: Final = 1


def abi() -> int:
    """Return the kernel's Landlock version, 0 without Landlock."""
    try:
        return linux.syscall(
            "landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_QUERY)
        )
    except OSError:
        return 0


def restrict(
    *, read: Iterable[str], scratch: Iterable[str], devices: Iterable[str], listed: Iterable[str] = ()
) -> None:
    """Allow this process these paths and nothing else, for good; forbid TCP, and signals to other processes.

    A second call restricts further: a path stays allowed only if both calls allow it. On a kernel without
    Landlock this does nothing, and only the mounts confine the process.

    Args:
        read: files and folders to read.
        listed: folders whose entries may be listed.
        scratch: folders to read and write.
        devices: files to read and write.
    """
    version = abi()
    if not version:
        return
    files, attributes = _ruleset(version)
    ruleset = linux.syscall(
        "landlock_create_ruleset", attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    device = (_READ_FILE | _WRITE_FILE | _TRUNCATE) & files
    everything = files & ~_NOT_IN_SCRATCH
    for paths, rights in ((read, _READ), (listed, _READ_DIR), (scratch, everything), (devices, device)):
        for path in paths:
            _allow(ruleset, path, rights, device)
    linux.prctl(linux.Prctl.NO_NEW_PRIVS, 1)
    linux.syscall("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)


def _ruleset(version: int) -> tuple[int, bytes]:
    """Return the file rights that this kernel handles, and the attributes of a ruleset with all of them."""
    files = (1 << 13) - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):
        files |= (1 << bit) if version >= since else 0
    network, scopes = 0b11, 0b11
    fields = [files] + ([network] if version >= 4 else []) + ([scopes] if version >= 6 else [])
    return files, struct.pack(f"={len(fields)}Q", *fields)


def _allow(ruleset: int, path: str, rights: int, file_rights: int) -> None:
    """Add a rule for one path; a path that does not exist needs none."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if Path(path).is_dir() else rights & file_rights
        rule = struct.pack("=Qi", rights, handle)
        linux.syscall(
            "landlock_add_rule",
            ctypes.c_int(ruleset),
            ctypes.c_uint(_RULE_PATH_BENEATH),
            rule,
            ctypes.c_uint(0),
        )
    finally:
        os.close(handle)
