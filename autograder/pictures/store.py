"""Storage of pictures in a folder: writing and reading without following links or leaving the folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from autograder._files import make_folder, open_file, open_folder, write_atomically
from autograder.pictures.album import is_file_name
from autograder.pictures.limits import MOST_BYTES
from autograder.pictures.png import validate_png
from autograder.result import SubmissionResult


def write_pictures(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Write pictures into a folder; other files in the folder stay unchanged.

    Args:
        folder: the folder; it is created when there are pictures, and its parent must exist.
        pictures: file name → PNG file, see `autograder.pictures.album.Album.files`.

    Raises:
        OSError: the path is not a folder, is a link, or cannot be written.
        ValueError: a name is not a valid file name of a picture.
    """
    for name in pictures:
        _refuse_other_names(name)
    if pictures:
        make_folder(folder)
    for name, data in pictures.items():
        write_atomically(folder / name, data)


def replace_pictures(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Replace a folder by one that contains only these pictures; without pictures, remove the folder.

    An existing folder is removed with its content. If the path is a file or a link, only the file or the link
    itself is removed.

    Args:
        folder: see `write_pictures`.
        pictures: see `write_pictures`.

    Raises:
        OSError: as for `write_pictures`.
        ValueError: as for `write_pictures`.
    """
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
    write_pictures(folder, pictures)


def read_pictures(folder: Path, result: SubmissionResult) -> dict[str, bytes]:
    """Return those pictures of a result that are in the folder and valid; skip all others.

    Args:
        folder: the folder that `write_pictures` or `replace_pictures` wrote. It may have changed since.
        result: the result of the same submission.

    Returns:
        File name → PNG file.
    """
    pictures = {}
    for name in (artifact.name for check in result.checks for artifact in check.artifacts):
        with contextlib.suppress(OSError, ValueError):
            pictures[name] = _read_picture(folder, name)
    return pictures


def _read_picture(folder: Path, name: str) -> bytes:
    """Read a picture, without following a link or leaving the folder.

    Raises:
        OSError: the file is missing, or is a link.
        ValueError: the file is not a valid picture of a check.
    """
    _refuse_other_names(name)
    inside = open_folder(folder)
    try:
        handle = open_file(name, inside)
    finally:
        os.close(inside)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"Expected {name} to be a regular file.")
        data = file.read(MOST_BYTES + 1)
    validate_png(name, data)
    return data


def _refuse_other_names(name: str) -> None:
    """Refuse a name that could lead out of the folder (path traversal).

    Raises:
        ValueError: the name is not a valid file name of a picture.
    """
    if not is_file_name(name):
        raise ValueError(f"Expected the file name of a check's picture. Received: {name!r}")
