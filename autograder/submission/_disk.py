"""Reading a submission from the disk: folders, and regular files, each once and from one descriptor.

Every step from the submission's folder to a file is opened from the folder before it and follows no link, so
nobody can put another folder in its place between a look and a read.
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
from autograder.submission._words import (
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

    Raises:
        RejectedSubmission, UnclearSubmission, OSError: as `read_regular`; or one of them is there twice.
    """
    with _opened(folder) as outer:
        present = _entries(outer)
        if not any(name in present for name in declared) and _is_folder_or_link(homework, outer):
            with _opened(homework, outer) as inner:
                return _read_declared(inner, declared, _entries(inner))
        return _read_declared(outer, declared, present)


def _read_declared(folder: int, declared: Sequence[str], present: Sequence[str]) -> Found:
    """Read the declared files of an open folder."""
    actual = {name: _written_as(name, present) for name in declared}
    return Found(
        {name: read_regular(found, MAX_FILE, folder) for name, found in actual.items() if found is not None},
        {name: missing(name, present, "folder") for name, found in actual.items() if found is None},
    )


def _written_as(wanted: str, present: Sequence[str]) -> str | None:
    """Return a declared file's name as a folder has it, None where it is not; some systems hold two.

    Raises:
        RejectedSubmission: it is there twice: names that look the same.
    """
    composed = unicodedata.normalize("NFC", wanted)
    found = [name.rstrip("/") for name in present]
    same = [name for name in found if unicodedata.normalize("NFC", name) == composed]
    if len(same) > 1:
        raise several(wanted, len(same), "folder")
    return same[0] if same else None


def _entries(folder: int) -> list[str]:
    """Return the names in an open folder, sorted; a folder's name ends with a slash."""
    with os.scandir(folder) as entries:
        names = [
            f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
            for entry in itertools.islice(entries, MAX_ENTRIES + 1)
        ]
    if len(names) > MAX_ENTRIES:
        raise too_many("folder")
    return sorted(names)


def _is_folder_or_link(name: str, inside: int) -> bool:
    """Whether an open folder holds a folder of that name, or a link that may stand for one."""
    try:
        mode = os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


@contextmanager
def _opened(path: Path | str, inside: int | None = None) -> Iterator[int]:
    """Open a folder that is no link."""
    if stat.S_ISLNK(os.stat(path, dir_fd=inside, follow_symlinks=False).st_mode):
        name = spelled_out(Path(path).name)
        raise RejectedSubmission(f"{name} is a symbolic link. Hand in the folder itself.")
    handle = open_folder(path, inside)
    try:
        yield handle
    finally:
        os.close(handle)


def read_regular(path: Path | str, limit: int, inside: int | None = None) -> bytes:
    """Read a regular file once, without following a link, waiting on a pipe or touching a device.

    Args:
        path: the file.
        limit: the most bytes it may have.
        inside: descriptor of the folder that ``path`` starts from.

    Raises:
        RejectedSubmission: it is no regular file, or too large.
        UnclearSubmission: it has a second name, or changed meanwhile.
        OSError: it cannot be read.
    """
    name = Path(path).name
    _refuse_other_kinds(name, os.stat(path, dir_fd=inside, follow_symlinks=False).st_mode)
    handle = open_file(path, inside)
    try:
        before = os.fstat(handle)
        _refuse_other_kinds(name, before.st_mode)  # what was looked at may have been replaced
        _refuse_second_names(name, before.st_nlink)
        if before.st_size > limit:
            raise too_large(name, before.st_size, limit)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(before.st_size)  # asking for the limit would reserve all of it
        after = os.fstat(handle)
    finally:
        os.close(handle)
    if len(content) != before.st_size or _version(after) != _version(before):
        raise UnclearSubmission(f"{spelled_out(name)} changed while it was being read. Grade it once more.")
    return content


def _version(status: os.stat_result) -> tuple[int, int, int]:
    """Return what changes when a file is written to; of these its owner cannot set the last one back."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _refuse_other_kinds(name: str, mode: int) -> None:
    """Refuse what is no regular file."""
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "not a regular file")
        raise RejectedSubmission(f"{spelled_out(name)} is {kind}. Hand in the file itself.")


def _refuse_second_names(name: str, count: int) -> None:
    """Refuse a file with several names (hard links), and leave the decision to staff.

    Whoever may write beside a file can give it another name: the reference's, or a fellow student's, read
    with the grader's rights, would be graded as one's own. Its owner proves nothing, because an archive that
    somebody unpacked links with their rights. But programs that save space by linking equal files make such
    names too, so this is never a zero.
    """
    if count > 1:
        raise UnclearSubmission(
            f"{spelled_out(name)} is one file with {count} names (hard links), so it may be somebody else's. "
            "If it is the student's own, put a copy in its place and grade it once more."
        )
