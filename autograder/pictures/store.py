"""Pictures in a folder: how they are written and read again, never through a link and never outside it."""

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
    """Write pictures into a folder; nothing else in it is touched.

    Args:
        folder: it is made when there are pictures; its parent must be there.
        pictures: file name → PNG file, see `autograder.pictures.album.Album.files`.

    Raises:
        OSError: the folder is something else, such as a link, or cannot be written.
        ValueError: a name is not one that a check's picture has.
    """
    for name in pictures:
        _refuse_other_names(name)
    if pictures:
        make_folder(folder)
    for name, data in pictures.items():
        write_atomically(folder / name, data)


def replace_pictures(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Write pictures into a folder that holds nothing else; without pictures there is no such folder.

    Whatever had the folder's name before is removed; of a link only the link itself.

    Args:
        folder: see `write_pictures`.
        pictures: see `write_pictures`.

    Raises:
        OSError: as `write_pictures`.
        ValueError: as `write_pictures`.
    """
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
    write_pictures(folder, pictures)


def read_pictures(folder: Path, result: SubmissionResult) -> dict[str, bytes]:
    """Return the pictures that a result names, as far as they are in the folder and still valid.

    Args:
        folder: where `write_pictures` or `replace_pictures` put them, perhaps long ago.
        result: of the same submission.
    """
    pictures = {}
    for name in (artifact.name for check in result.checks for artifact in check.artifacts):
        with contextlib.suppress(OSError, ValueError):
            pictures[name] = _read_picture(folder, name)
    return pictures


def _read_picture(folder: Path, name: str) -> bytes:
    """Read a picture, without following a link or leaving the folder.

    Raises:
        OSError: it is not there, or a link.
        ValueError: it is no picture that a check kept.
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
        ValueError: it is not one that a check's picture has.
    """
    if not is_file_name(name):
        raise ValueError(f"Expected the name of a check's picture. Received: {name!r}")
