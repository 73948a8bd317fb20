"""Find released files that reveal a solution or a hidden check.

Everything under the released folder is read: file names and types, texts, and notebooks with outputs,
metadata, attachments and cell ids. Texts in base64, zlib or gzip, HTML, percent escapes, or JSON inside JSON
are decoded. Content that cannot be read is a finding, too.

**What is searched for.** The lines of the solution regions of each reference; every line of the other modules
in the solution folder (wheats, helpers, tools, hidden checks) that is in no stub. Chaffs are not searched
for.

**How it is compared.** White space, escapes and invisible characters are removed, and both kinds of quotes
become one. Then the line is searched for in the released text. So indentation, line breaks, wrapping and JSON
strings hide nothing.

**Which lines count.** A line is significant when two authors would hardly write it by chance:

- *code* has at least 12 characters and 4 different items. Items are dotted names (``keras.layers.Dense`` is
  one), numbers, strings and operators; keywords, builtins, ``=``, commas and brackets are none. So
  ``return model``, ``model = keras.Sequential(``, ``for epoch in range(epochs):`` and
  ``rng = np.random.default_rng(seed)`` may stand in a handout, ``h = o * np.tanh(c)`` may not;
- a *comment* has at least 12 characters and 5 different words;
- imports, headers of functions and classes, and docstrings never count: they are the interface;
- a whole line of a stub never counts; nor does a line of hidden checks, or of their helper modules, that the
  public ones have as well;
- two or three neighbouring lines of a solution region, none of which counts alone, count when they are
  significant together.

To quote a line in a handout on purpose, move that line out of the solution region.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from autograder.authoring._kinds import is_image, npz_members, refused_folder, refused_name
from autograder.authoring._secrets import Secret, collect_secrets
from autograder.authoring._views import (
    UncheckableError,
    encoded_texts,
    read_json,
    squeeze,
    strings,
    texts_in_bytes,
    views,
)
from autograder.homework import HomeworkError, SolvedHomework
from autograder.untrusted import plain

_MAX_FILE: Final = 32 * 2**20
_MARKERS: Final = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
_PARTS_OF_A_CELL: Final = {"outputs": "output", "attachments": "attachment"}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something in the released folder that should not be there.

    Attributes:
        path: the file or folder.
        where: the place in it, such as ``line 12``, ``cell 3 output``, ``metadata``; ``file`` for all of it.
        excerpt: the text that leaks, on one line; empty when the file itself is the leak.
        why: why it is a leak.
    """

    path: Path
    where: str
    excerpt: str
    why: str


def find_leaks(homework: SolvedHomework) -> list[Leak]:
    """Return the leaks in everything under ``homework.folder``.

    Args:
        homework: the homework, with its solution folder.

    Returns:
        The findings in the order of the paths; empty when the folder may be released.

    Raises:
        HomeworkError: there is no solution folder to compare with.
    """
    secrets, leaks = _secrets(homework)
    inspector = _Inspector(secrets)
    for path in _everything(homework.folder, leaks):
        leaks += inspector.leaks_of(path)
    leaks += inspector.unnamed_arrays()
    return sorted(dict.fromkeys(leaks), key=lambda leak: leak.path)


def find_leaks_in_page(homework: SolvedHomework, path: Path, text: str, own: str = "") -> list[Leak]:
    """Return the leaks in one page that is about to be given to a student.

    Args:
        homework: the homework, with its solution folder.
        path: where the page will be; a notebook is read cell by cell.
        text: the page.
        own: what the student wrote. A page may contain it, even where it equals a line of the reference.

    Returns:
        The findings; empty when the page may be given out.

    Raises:
        HomeworkError: there is no solution folder.
    """
    secrets, leaks = _secrets(homework)
    written = [squeeze(view) for view in views(own)]
    unknown = (secret for secret in secrets if not any(secret.squeezed in view for view in written))
    return list(dict.fromkeys([*leaks, *_Inspector(unknown).leaks_in_document(path, text)]))


def _secrets(homework: SolvedHomework) -> tuple[tuple[Secret, ...], list[Leak]]:
    """Return the texts to search for, and a finding for each solution file that cannot be read."""
    if not homework.solution.is_dir():
        raise HomeworkError(
            f"Expected the solution of {homework.name} at {homework.solution}: what is released is compared "
            "with it. Run the command inside the course's folder."
        )
    texts = collect_secrets(homework, homework.solution)
    markers = tuple(Secret(squeeze(marker), marker, "") for marker in _MARKERS)
    leaks = [Leak(path, "file", "", f"cannot be compared with: {why}") for path, why in texts.unreadable]
    return markers + texts.secrets, leaks


def _everything(folder: Path, leaks: list[Leak]) -> Iterator[Path]:
    """Yield every entry below ``folder``; a folder that cannot be listed or entered becomes a finding."""

    def unlisted(error: OSError) -> None:
        leaks.append(Leak(Path(error.filename), "file", "", f"cannot be checked: {error.strerror}"))

    for root, folders, files in os.walk(folder, onerror=unlisted):
        for name in list(folders):
            path = Path(root, name)
            reason = "a symbolic link" if path.is_symlink() else refused_folder(name)
            if reason:
                leaks.append(Leak(path, "file", "", f"{reason} must not be released"))
                folders.remove(name)
        yield from (Path(root, name) for name in files)


class _Inspector:
    """Searches one file after the other for secrets."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = tuple(secrets)
        self._arrays: list[Path] = []
        self._texts: list[str] = []

    def leaks_of(self, path: Path) -> list[Leak]:
        """Return the findings in one file."""
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) or not stat.S_ISREG(mode):
                kind = "a symbolic link" if stat.S_ISLNK(mode) else "what is not a regular file"
                return [Leak(path, "file", "", f"{kind} must not be released")]
            if reason := refused_name(path.name):
                return [Leak(path, "file", "", f"{reason} must not be released")]
            return list(self._leaks_in(path, _content(path)))
        except (OSError, UncheckableError, RecursionError) as error:
            return [Leak(path, "file", "", f"cannot be checked: {error}")]

    def leaks_in_document(self, path: Path, text: str) -> list[Leak]:
        """Return the findings in the text of a file that is not written yet."""
        try:
            return list(self._in_document(path, text))
        except (UncheckableError, RecursionError) as error:
            return [Leak(path, "file", "", f"cannot be checked: {error}")]

    def unnamed_arrays(self) -> list[Leak]:
        """Return the ``.npz`` files that no released text mentions."""
        return [
            Leak(path, "file", "", "an array file that no released text names must not be released")
            for path in self._arrays
            if not any(path.name in text for text in self._texts)
        ]

    def _leaks_in(self, path: Path, data: bytes) -> Iterator[Leak]:
        """Yield the findings in the content of a regular file."""
        if path.suffix.lower() == ".npz":
            self._arrays.append(path)
            yield from self._in_bytes(path, "file", data)
            for name, member in npz_members(data):
                yield from self._in_bytes(path, f"array {name}", member)
        elif is_image(path.name, data):
            yield from self._in_bytes(path, "image data", data)
        else:
            text = _decode(data)
            self._texts.append(text)
            yield from self._in_document(path, text)

    def _in_document(self, path: Path, text: str) -> Iterator[Leak]:
        """Yield the findings in a text file, per cell if it is a notebook, else per line."""
        if path.suffix.lower() == ".ipynb":
            for where, part in _parts(read_json(text)):
                yield from self._in_value(path, where, part)
            return
        yield from self._in_text(path, None, text)
        for hidden in encoded_texts(text):
            yield from self._in_text(path, "encoded data", hidden)
        if path.suffix.lower() == ".json":
            yield from self._in_value(path, "value", read_json(text))

    def _in_value(self, path: Path, where: str, value: Any) -> Iterator[Leak]:
        """Yield the findings in a JSON value."""
        texts = list(strings(value))
        yield from self._in_text(path, where, "\n".join(texts))
        for text in texts:
            for hidden in encoded_texts(text):
                yield from self._in_text(path, f"{where} (encoded)", hidden)

    def _in_bytes(self, path: Path, where: str, data: bytes) -> Iterator[Leak]:
        for text in texts_in_bytes(data):
            yield from self._in_text(path, where, text)

    def _in_text(self, path: Path, where: str | None, text: str) -> Iterator[Leak]:
        """Yield the secrets in one text; the place is the line when ``where`` is None."""
        for view in views(text):
            squeezed = squeeze(view)
            hits = [(squeezed.find(secret.squeezed), secret) for secret in self._secrets]
            for position, secret in sorted(hits, key=lambda hit: hit[0]):
                if position >= 0:
                    place = where or _line(view, position)
                    yield Leak(path, place, plain(secret.text, 100), _reason(secret))


def _reason(secret: Secret) -> str:
    """Return why a text is a leak."""
    if not secret.origin:
        return "a marker of the reference or of hidden tests"
    return f"the same stands in {secret.origin}, which is not released"


def _content(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        UncheckableError: the file is too large.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        raise UncheckableError(f"it has more than {_MAX_FILE // 2**20} MiB")
    return data


def _decode(data: bytes) -> str:
    """Return a text file's text.

    Raises:
        UncheckableError: the file is not UTF-8 text.
    """
    if b"\0" in data:
        raise UncheckableError("it is a binary file; only images and .npz files are released")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UncheckableError("it is neither UTF-8 text nor an image nor a .npz file") from error


def _parts(notebook: Any) -> Iterator[tuple[str, Any]]:
    """Yield every part of a notebook, as pairs of its place, for messages, and its value."""
    if not isinstance(notebook, dict):
        raise UncheckableError("it is not a notebook")
    for key, value in notebook.items():
        if key != "cells" or not isinstance(value, list):
            yield key, value
            continue
        for number, cell in enumerate(value, start=1):
            for part, content in cell.items() if isinstance(cell, dict) else [("content", cell)]:
                yield f"cell {number} {_PARTS_OF_A_CELL.get(part, part)}", content


def _line(view: str, position: int) -> str:
    """Return the line of ``view`` that holds the character at ``position`` of the squeezed view."""
    seen = 0
    for number, line in enumerate(view.split("\n"), start=1):
        seen += len(squeeze(line))
        if seen > position:
            return f"line {number}"
    return "file"
