"""Reading one submission: the declared files as text, with one digest."""

from __future__ import annotations

import codecs
import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from autograder.homework import Homework
from autograder.submission._archive import read_archive
from autograder.submission._class import Entry, is_folder
from autograder.submission._disk import read_folder
from autograder.submission._words import RejectedSubmission, UnclearSubmission
from autograder.untrusted import spelled_out

_WIDE: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's declared files.

    Attributes:
        student: name of the folder or archive.
        files: declared name → text, of those that were handed in.
        digest: of all that was handed in, ``sha256:…``.
        missing: declared name of each file that is not there, or no Python text → what students are told.
    """

    student: str
    files: Mapping[str, str]
    digest: str
    missing: Mapping[str, str] = field(default_factory=dict)


def read_submission(entry: Entry, homework: Homework) -> Submission:
    """Read the declared files of one submission; one of several is enough.

    Raises:
        RejectedSubmission: it cannot be read, or no file is there that can; the message says what to change.
        UnclearSubmission: there are two, or this machine cannot read it: not the student's fault.
    """
    if len(entry.paths) > 1:
        names = " and ".join(_told_apart(path.name) for path in entry.paths)
        raise UnclearSubmission(f"There are {len(entry.paths)} submissions: {names}. Keep one of them.")
    path = entry.paths[0]
    try:
        if is_folder(path):
            found = read_folder(path, homework.name, homework.files)
        else:
            found = read_archive(path, homework.files)
    except OSError as error:
        place = spelled_out(str(path), 200)
        raise UnclearSubmission(f"{place} cannot be read here: {error.strerror or error}.") from error
    files: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name, content in found.contents.items():
        try:
            files[name] = _text(name, content)
        except RejectedSubmission as error:
            unreadable[name] = str(error)
    missing = {**unreadable, **found.missing}
    if not files:
        raise RejectedSubmission(next(iter(missing.values())))
    return Submission(entry.student, files, digest_of(found.contents), missing)


def _told_apart(name: str) -> str:
    """Return a name to show; where accents or syllables are written as several characters, each of them."""
    return spelled_out(name, ascii_only=not unicodedata.is_normalized("NFC", name))


def digest_of(contents: Mapping[str, bytes]) -> str:
    """Return one digest over names and contents, whatever their order."""
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(f"{name}\0{len(contents[name])}\0".encode())
        total.update(contents[name])
    return f"sha256:{total.hexdigest()}"


def _text(name: str, content: bytes) -> str:
    """Return a file's text."""
    if (wide := _wide_encoding(content)) is not None:
        raise RejectedSubmission(f"{name} is saved as {wide}. Save it as UTF-8.")
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


def _wide_encoding(content: bytes) -> str | None:
    """Return the encoding of text with several bytes for each character: by its mark, or by its zeros."""
    for mark, encoding in _WIDE.items():
        if content.startswith(mark):
            return encoding
    # In Python almost every character is ASCII, and each of these has one zero beside it.
    halves = (content[::2].count(0), content[1::2].count(0))
    return "UTF-16" if min(halves) == 0 and max(halves) * 2 > len(content) // 2 else None
