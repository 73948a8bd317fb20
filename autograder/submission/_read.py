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
from autograder.submission._disk import read_folder
from autograder.submission._find import Entry, is_folder
from autograder.submission._messages import RejectedSubmission, UnclearSubmission
from autograder.untrusted import spelled_out

_WIDE: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16: its mark begins with that of UTF-16
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's declared files.

    Attributes:
        student: the student's name, see `student_name`.
        files: declared name → text, for each readable file.
        digest: ``sha256:…`` of all declared files that are there.
        missing: declared name → message to the student, for each file that is missing or no Python text.
    """

    student: str
    files: Mapping[str, str]
    digest: str
    missing: Mapping[str, str] = field(default_factory=dict)


def read_submission(entry: Entry, homework: Homework) -> Submission:
    """Read the declared files of one submission; at least one of them has to be readable.

    Args:
        entry: the submission.
        homework: declares the files.

    Raises:
        RejectedSubmission: no declared file can be read; the message tells the student what to change.
        UnclearSubmission: the student has two submissions, or this machine cannot read the submission.
    """
    if len(entry.paths) > 1:
        names = " and ".join(_shown_name(path.name) for path in entry.paths)
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


def _shown_name(name: str) -> str:
    """Return a name to show, in ASCII if it is not in the form NFC: so it differs from its NFC form."""
    return spelled_out(name, ascii_only=not unicodedata.is_normalized("NFC", name))


def digest_of(contents: Mapping[str, bytes]) -> str:
    """Return one digest over names and contents.

    Args:
        contents: name → content; the order does not matter.

    Returns:
        ``sha256:…``.
    """
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(f"{name}\0{len(contents[name])}\0".encode())
        total.update(contents[name])
    return f"sha256:{total.hexdigest()}"


def _text(name: str, content: bytes) -> str:
    """Return a file's text.

    Raises:
        RejectedSubmission: the file is not UTF-8 text.
    """
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
    """Return ``UTF-16`` or ``UTF-32`` if the text is encoded so: by its byte order mark, or by its zeros."""
    for mark, encoding in _WIDE.items():
        if content.startswith(mark):
            return encoding
    # Almost every character of a Python file is ASCII. In UTF-16 one of its two bytes is zero.
    halves = (content[::2].count(0), content[1::2].count(0))
    return "UTF-16" if min(halves) == 0 and max(halves) * 2 > len(content) // 2 else None
