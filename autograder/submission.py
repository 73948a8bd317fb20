"""Intake: from whatever lies in the folder of submissions to the declared files, read once and hashed.

Only files that the homework declares are read, by name, as regular files of limited size. Archives are
never unpacked: the declared members are read from them, and nothing is written anywhere.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from autograder import _tar
from autograder.homework import Homework

MAX_FILE: Final = 1_000_000
MAX_ARCHIVE: Final = 50_000_000
_MAX_MEMBERS: Final = 10_000
_ARCHIVES: Final = (".zip", ".tar.gz", ".tgz")
_ZIP_ENTRY: Final = b"PK\1\2"  # every entry of a zip's directory starts with it
_ZIP_ENCRYPTED: Final = 0x1
_DAMAGED: Final = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, OverflowError, ValueError),
)
"""What the standard library raises for bytes that are no archive."""


class SubmissionsError(Exception):
    """The folder of submissions itself cannot be used; the message says why."""


class RejectedSubmission(Exception):  # noqa: N818 - an outcome for one student, not an error of the run
    """One submission cannot be read; the message tells the student why."""


class UnclearSubmission(Exception):  # noqa: N818 - as above
    """One submission needs a decision or a repair by staff; the message tells them which."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One student's submission as it lies in the folder: their name, and where it is (once, one hopes)."""

    student: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's declared files.

    Attributes:
        student: name of the folder or archive.
        files: declared name → text.
        digest: of all of them, ``sha256:…``.
    """

    student: str
    files: Mapping[str, str]
    digest: str


def find_submissions(folder: Path) -> list[Entry]:
    """List the submissions in ``folder``: a folder or an archive for each student.

    Hidden files are passed over; so is any other file that is neither a folder nor an archive.

    Raises:
        SubmissionsError: the folder is missing, is no folder, or holds no submission.
    """
    if not folder.exists():
        raise SubmissionsError(f"Expected a folder of submissions. Received: {folder}, which does not exist.")
    if not folder.is_dir():
        raise SubmissionsError(f"Expected a folder of submissions. Received: {folder}, which is a file.")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if (student := _student_name(path)) is not None:
            found.setdefault(student, []).append(path)
    if not found:
        raise SubmissionsError(
            f"Expected a folder or a .zip or .tar.gz file for each student in {folder}. Received: none."
        )
    return [Entry(student, tuple(paths)) for student, paths in found.items()]


def passed_over(folder: Path) -> list[str]:
    """Return the names of visible files in a folder of submissions that are nobody's folder or archive."""
    names = (path.name for path in sorted(folder.iterdir()) if _student_name(path) is None)
    return [name for name in names if not name.startswith((".", "__MACOSX"))]


def read_submission(entry: Entry, homework: Homework) -> Submission:
    """Read the declared files of one submission.

    Raises:
        RejectedSubmission: it cannot be read; the message says what to change.
        UnclearSubmission: there are two, or this machine cannot read it: not the student's fault.
    """
    if len(entry.paths) > 1:
        names = " and ".join(path.name for path in entry.paths)
        raise UnclearSubmission(f"There are {len(entry.paths)} submissions: {names}. Keep one of them.")
    path = entry.paths[0]
    try:
        contents = _read_archive(path, homework) if path.is_file() else _read_folder(path, homework)
    except OSError as error:
        raise UnclearSubmission(f"{path} cannot be read here: {error.strerror or error}.") from error
    files = {name: _text(name, content) for name, content in contents.items()}
    return Submission(entry.student, files, digest_of(contents))


def digest_of(contents: Mapping[str, bytes]) -> str:
    """Return one digest over names and contents, whatever their order."""
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(f"{name}\0{len(contents[name])}\0".encode())
        total.update(contents[name])
    return f"sha256:{total.hexdigest()}"


def _student_name(path: Path) -> str | None:
    """Return the student's name for a folder or an archive, None for anything else."""
    if path.name.startswith((".", "__MACOSX")):
        return None
    name = path.name.encode("utf-8", "replace").decode()  # a name that is no UTF-8 could not be written down
    if path.is_dir():
        return name
    for ending in _ARCHIVES:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return None


def _read_folder(folder: Path, homework: Homework) -> dict[str, bytes]:
    """Read the declared files of a folder, or of the homework's folder in it (nbgrader's tree)."""
    if folder.is_symlink():
        raise RejectedSubmission(f"{folder.name} is a symbolic link. Hand in the folder itself.")
    inner = folder / homework.name
    first = homework.files[0]
    if inner.is_dir() and not inner.is_symlink() and not (folder / first).exists():
        folder = inner
    present = sorted(path.name for path in folder.iterdir())
    for name in homework.files:
        if name not in present:
            raise RejectedSubmission(_missing(name, present))
    return {name: _read_regular(folder / name) for name in homework.files}


def _read_regular(path: Path, limit: int = MAX_FILE) -> bytes:
    """Read a regular file once, without following links or waiting on a FIFO."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise RejectedSubmission(f"{path.name} is a symbolic link. Hand in the file itself.") from error
        raise
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise RejectedSubmission(f"{path.name} is not a regular file.")
        if status.st_size > limit:
            raise RejectedSubmission(_too_large(path.name, status.st_size, limit))
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(status.st_size)  # asking for the limit would reserve all of it
    finally:
        os.close(handle)


def _read_archive(path: Path, homework: Homework) -> dict[str, bytes]:
    """Read the declared members of an archive, which may wrap everything in one folder."""
    packed = _read_regular(path, MAX_ARCHIVE)
    reader = _read_zip if path.name.lower().endswith(".zip") else _read_tar
    try:
        return reader(packed, homework)
    except _DAMAGED as error:
        raise RejectedSubmission(f"{path.name} is not a readable archive: {error}") from error


def _read_zip(packed: bytes, homework: Homework) -> dict[str, bytes]:
    """Read declared members of a zip."""
    if packed.count(_ZIP_ENTRY) > _MAX_MEMBERS:  # listing a million takes ten seconds and half a gigabyte
        raise RejectedSubmission(f"The archive has too many members; at most {_MAX_MEMBERS:,} are read.")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = archive.infolist()
        wanted = _declared_members([member.filename for member in members], homework)
        return {name: _read_zip_member(archive, members[place], name) for name, place in wanted.items()}


def _read_zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """Read one member, if it is a small regular file packed in a way that cannot fill the memory."""
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise RejectedSubmission(f"{name} in the archive is not a regular file.")
    if member.flag_bits & _ZIP_ENCRYPTED:
        raise RejectedSubmission("The archive is protected by a password. Pack your files again without one.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RejectedSubmission(
            f"{name} in the archive is packed by an unusual method. Make a plain zip or tar.gz file."
        )
    if member.file_size > MAX_FILE:
        raise RejectedSubmission(_too_large(name, member.file_size))
    with archive.open(member) as file:
        return _capped(file, name)


def _read_tar(packed: bytes, homework: Homework) -> dict[str, bytes]:
    """Read declared members of a compressed tar."""
    members = _tar.list_members(packed)
    contents = {}
    for name, place in _declared_members([member.name for member in members], homework).items():
        if not members[place].regular:
            raise RejectedSubmission(f"{name} in the archive is not a regular file.")
        if members[place].size > MAX_FILE:
            raise RejectedSubmission(_too_large(name, members[place].size))
        contents[name] = _tar.read_member(packed, members[place])
    return contents


def _declared_members(names: list[str], homework: Homework) -> dict[str, int]:
    """Return the position of each declared file among an archive's members.

    Every name is looked at first: an archive that tries to climb out is refused as a whole.
    """
    if len(names) > _MAX_MEMBERS:
        raise RejectedSubmission(
            f"The archive has {len(names):,} members; at most {_MAX_MEMBERS:,} are read."
        )
    names = [name.replace("\\", "/") for name in names]  # some Windows programs pack with backslashes
    for name in names:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or (pure.parts and ":" in pure.parts[0]):
            raise RejectedSubmission(
                f"The archive has a member named {name[:80]!r}, which lies outside the archive's own folder. "
                "Nothing of it was read. Pack your files again, without '..' or absolute paths."
            )
    visible = [(PurePosixPath(name), place) for place, name in enumerate(names) if not name.endswith("/")]
    visible = [(path, place) for path, place in visible if path.parts and path.parts[0] != "__MACOSX"]
    found: dict[str, int] = {}
    for wanted in homework.files:
        places = [place for path, place in visible if path.name == wanted and len(path.parts) <= 2]
        if not places:
            raise RejectedSubmission(_missing(wanted, [str(path) for path, _ in visible]))
        if len(places) > 1:
            raise RejectedSubmission(f"The archive holds {wanted} {len(places)} times. Keep one of them.")
        found[wanted] = places[0]
    return found


def _capped(file: IO[bytes], name: str) -> bytes:
    """Read at most the allowed size, whatever a header announced."""
    content = file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise RejectedSubmission(_too_large(name, len(content)))
    return content


def _text(name: str, content: bytes) -> str:
    """Return a file's text."""
    if b"\0" in content:
        raise RejectedSubmission(f"{name} is not a Python file: it holds binary data.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = error.object  # without a byte order mark, unlike ``content``
        line = text[: error.start].count(b"\n") + 1
        raise RejectedSubmission(
            f"{name} is not UTF-8 text: byte {text[error.start]:#04x} in line {line}. Save it as UTF-8."
        ) from error


def _missing(name: str, present: list[str]) -> str:
    """Say that a declared file is not there, and what is."""
    shown = ", ".join(_shown(present)) or "nothing"
    same = [other for other in present if PurePosixPath(other).name.lower() == name.lower()]
    case = f" Rename {_printable(same[0])} to {name}." if same else ""
    return f"Expected a file named {name}. Received: {shown}.{case}"


def _shown(names: list[str]) -> Iterator[str]:
    """Yield a few names, shortened."""
    yield from (_printable(name) for name in names[:8])
    if len(names) > 8:
        yield f"and {len(names) - 8} more"


def _printable(name: str) -> str:
    """Return a name that a student chose, without what could steer a terminal."""
    return name[:60] if name[:60].isprintable() else repr(name[:60])


def _too_large(name: str, size: int, limit: int = MAX_FILE) -> str:
    return f"{name} is {size:,} bytes large; at most {limit:,} are read."
