"""Files and folders that are never released, whatever they contain."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Final

import numpy as np

from autograder.authoring._views import UncheckableError

_MAX_ARRAYS: Final = 64 * 2**20

_FOLDERS: Final = {
    "__pycache__": "compiled Python",
    ".ipynb_checkpoints": "an editor's copy",
    "wheat": "a folder of solutions",
    "chaff": "a folder of wrong solutions",
    "solutions": "a folder of solutions",
    ".git": "a repository's history",
    ".pytest_cache": "a tool's cache",
    ".mypy_cache": "a tool's cache",
    ".ruff_cache": "a tool's cache",
    ".hypothesis": "a tool's cache",
}
_NAMES: Final = {
    "test_hidden*.py": "a hidden check",
    "calibration.json": "a calibration",
    "*.py[cod]": "compiled Python",
    "*.db": "a database",
    "*.sqlite*": "a database",
    "*~": "an editor's copy",
    "*.orig": "an editor's copy",
    "*.rej": "an editor's copy",
    "*.bak": "an editor's copy",
    "*.sw[op]": "an editor's copy",
    "#*#": "an editor's copy",
    ".*.tmp": "a half-written file",
}
_IMAGES: Final = {
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
    ".gif": b"GIF8",
}


def refused_folder(name: str) -> str | None:
    """Return what a folder of this name contains if it is never released, else None."""
    return _FOLDERS.get(name.lower())


def refused_name(name: str) -> str | None:
    """Return what a file of this name is if it is never released, else None."""
    for pattern, what in _NAMES.items():
        if fnmatch(name.lower(), pattern):
            return what
    return None


def is_image(name: str, data: bytes) -> bool:
    """Return whether a file is an image by its name; its content must agree.

    Args:
        name: the file's name.
        data: the file's content.

    Raises:
        UncheckableError: the name is that of an image, the content is not.
    """
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if suffix not in _IMAGES:
        return False
    if not data.startswith(_IMAGES[suffix]):
        raise UncheckableError(f"its name is that of a {suffix[1:]} image, its content is not")
    return True


def npz_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the arrays in a ``.npz`` file, as they are stored.

    Args:
        data: the file's content.

    Raises:
        UncheckableError: the content is no such file, is too large, or holds anything but plain arrays.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_ARRAYS:
                raise UncheckableError(f"its arrays have more than {_MAX_ARRAYS // 2**20} MiB")
            for member in archive.infolist():
                array = archive.read(member)
                np.load(io.BytesIO(array), allow_pickle=False)
                yield member.filename, array
    except (zipfile.BadZipFile, ValueError, EOFError, RuntimeError) as error:
        raise UncheckableError(f"it is not an array file without pickled objects ({error})") from error
