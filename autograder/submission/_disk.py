"""Reading a submission from disk: folders, and regular files, each once and from one descriptor.

Each folder and file on the way is opened relative to the descriptor of its parent, and no link is followed.
So a student cannot replace a folder between its check and its use (time-of-check to time-of-use).
"""

from __future__ import annotations

import itertools
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from autograder._files import open_file, open_folder
from autograder.submission._messages import (
    MAX_ENTRIES,
    MAX_FILE,
    Found,
    RejectedSubmission,
    UnclearSubmission,
    missing,
    several,
    too_large,
    too_many,
)
from autograder.untrusted import spelled_out

_KINDS: Final = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_folder(folder: Path, homework: str, declared: Sequence[str]) -> Found:
    """Read the declared files of a folder, or of the homework's folder in it (nbgrader's tree).

    Args:
        folder: the student's folder.
        homework: name of the homework.
        declared: names of the files to read.

    Raises:
        RejectedSubmission: as `read_regular`; or a declared file is there twice.
        UnclearSubmission, OSError: as `read_regular`.
    """
    with _opened(folder) as outer:
        present = _entries(outer)
        if not any(name in present for name in declared) and _is_folder_or_link(homework, outer):
            with _opened(homework, outer) as inner:
                return _read_declared(inner, declared, _entries(inner))
        return _read_declared(outer, declared, present)


def _read_declared(folder: int, declared: Sequence[str], present: Sequence[str]) -> Found:
    """Read the declared files of an open folder."""
    actual = {name: _actual_name(name, present) for name in declared}
    return Found(
        {name: read_regular(found, MAX_FILE, folder) for name, found in actual.items() if found is not None},
        {name: missing(name, present, "folder") for name, found in actual.items() if found is None},
    )


def _actual_name(wanted: str, present: Sequence[str]) -> str | None:
    """Return a declared file's name as the folder spells it, None if the file is missing.

    Raises:
        RejectedSubmission: the folder has two such names: they differ only in their Unicode form.
    """
    composed = unicodedata.normalize("NFC", wanted)
    found = [name.rstrip("/") for name in present]
    same = [name for name in found if unicodedata.normalize("NFC", name) == composed]
    if len(same) > 1:
        raise several(wanted, len(same), "folder")
    return same[0] if same else None


def _entries(folder: int) -> list[str]:
    """Return the sorted names in an open folder; names of folders end with a slash."""
    with os.scandir(folder) as entries:
        names = [
            f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
            for entry in itertools.islice(entries, MAX_ENTRIES + 1)
        ]
    if len(names) > MAX_ENTRIES:
        raise too_many("folder")
    return sorted(names)


def _is_folder_or_link(name: str, inside: int) -> bool:
    """Return whether an open folder holds a folder of this name, or a link of this name."""
    try:
        mode = os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


@contextmanager
def _opened(path: Path | str, inside: int | None = None) -> Iterator[int]:
    """Open a folder that is no link; close it at the end."""
    if stat.S_ISLNK(os.stat(path, dir_fd=inside, follow_symlinks=False).st_mode):
        name = spelled_out(Path(path).name)
        raise RejectedSubmission(f"{name} is a symbolic link. Hand in the folder itself.")
    handle = open_folder(path, inside)
    try:
        yield handle
    finally:
        os.close(handle)


def read_regular(path: Path | str, limit: int, inside: int | None = None) -> bytes:
    """Read a regular file once, without following a link, waiting on a pipe or opening a device.

    Args:
        path: the file.
        limit: the largest allowed size, in bytes.
        inside: descriptor of the folder that ``path`` starts from.

    Raises:
        RejectedSubmission: the file is not regular, or too large.
        UnclearSubmission: the file has a second name, or changed while it was read.
        OSError: the file cannot be read.
    """
    name = Path(path).name
    _refuse_other_kinds(name, os.stat(path, dir_fd=inside, follow_symlinks=False).st_mode)
    handle = open_file(path, inside)
    try:
        before = os.fstat(handle)
        _refuse_other_kinds(name, before.st_mode)  # the file may have been replaced after the first check
        _refuse_second_names(name, before.st_nlink)
        if before.st_size > limit:
            raise too_large(name, before.st_size, limit)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(before.st_size)  # reading up to the limit would allocate that much memory
        after = os.fstat(handle)
    finally:
        os.close(handle)
    if len(content) != before.st_size or _version(after) != _version(before):
        raise UnclearSubmission(f"{spelled_out(name)} changed while it was being read. Grade it once more.")
    return content


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """Return size, mtime and ctime, which change when a file is written; its owner cannot reset the ctime."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _refuse_other_kinds(name: str, mode: int) -> None:
    """Refuse anything but a regular file."""
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "not a regular file")
        raise RejectedSubmission(f"{spelled_out(name)} is {kind}. Hand in the file itself.")


def _refuse_second_names(name: str, count: int) -> None:
    """Refuse a file with several names (hard links), and leave the decision to staff.

    A student could make a hard link to the reference or to another student's file. The grader, who may read
    it, would grade it as the student's own. The owner of the file proves nothing: if staff unpack an archive,
    they own its links. But programs that save disk space link equal files too, so this is never a zero.
    """
    if count > 1:
        raise UnclearSubmission(
            f"{spelled_out(name)} is one file with {count} names (hard links), so it may be somebody else's. "
            "If it is the student's own, put a copy in its place and grade it once more."
        )
