"""A cache of what was computed before: limited in size, and guarded against changes.

Each entry is a file. Its name is a hash of the key, which holds digests of everything that the content
depends on. The file begins with an HMAC over its name and its content. So an entry that somebody else wrote,
that breaks off, or that was moved to another name is found: it is removed and named, and the caller computes
it anew. Nothing here is ever unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import shutil
import stat
from pathlib import Path
from typing import Final

from autograder._files import open_file, remove_abandoned, write_atomically

_PURPOSE: Final = b"autograder: store of results and replies"
_SUFFIX: Final = ".entry"
_MAC_BYTES: Final = 32
MOST_BYTES: Final = 2 << 30
"""The size of a store: 2 GiB."""
# An entry takes at most this share of the store, so that one large answer does not push out all others.
_LARGEST_SHARE: Final = 16
# After this share of its size was written, the store is made smaller, to the second share.
_TRIM_AFTER_SHARE: Final = 32
_TRIM_TO: Final = 0.9


class Store:
    """Entries in one folder, which only the grader's user may enter.

    Several processes may use the same folder at the same time.

    Args:
        folder: the folder; it is made when the first entry is written (mode 700).
        secret: the key of the course, or another one; the key of this store is derived from it.
        most_bytes: how large all entries together may be. Those that were not used for longest go first.

    Attributes:
        warnings: a sentence for staff about each entry that was found damaged and was removed, and one if
            entries cannot be kept.
    """

    def __init__(self, folder: Path, secret: bytes, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._key = hmac.digest(secret, _PURPOSE, "sha256")
        self._most_bytes = most_bytes
        self._largest = most_bytes // _LARGEST_SHARE
        self._written = 0
        self._writable = True
        self.warnings: list[str] = []

    def get(self, kind: str, key: str) -> bytes | None:
        """Return the content of an entry; None if there is none that can be used.

        Args:
            kind: what the entry is, such as ``result``.
            key: what the entry answers: any text.
        """
        path = self._path(kind, key)
        try:
            with os.fdopen(open_file(path), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > self._largest + _MAC_BYTES:
                    self._drop(path, "it is no file of ours")
                    return None
                stored = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._drop(path, error.strerror or str(error))
            return None
        content = stored[_MAC_BYTES:]
        if not hmac.compare_digest(stored[:_MAC_BYTES], self._mac(path, content)):
            self._drop(path, "it is not as it was written")
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # the time of the last use, by which entries are removed
        return content

    def put(self, kind: str, key: str, content: bytes) -> None:
        """Keep an entry, unless it is too large. A disk that is full or read-only gives a warning.

        Args:
            kind: what the entry is.
            key: what the entry answers.
            content: its content.
        """
        path = self._path(kind, key)
        if len(content) > self._largest:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_atomically(path, self._mac(path, content) + content)
            self._written += len(content)
        except OSError as error:
            self._cannot_write(error)
        if self._written > self._most_bytes // _TRIM_AFTER_SHARE:
            self._written = 0
            self.trim()

    def discard(self, kind: str, key: str, why: str) -> None:
        """Remove an entry whose content cannot be used, and name it in ``warnings``.

        Args:
            kind: what the entry is.
            key: what the entry answers.
            why: what is wrong with it.
        """
        self._drop(self._path(kind, key), why)

    def trim(self) -> None:
        """Remove the entries that were not used for longest, if all together are too large.

        What a process was writing when it was killed is removed after an hour.
        """
        entries = []
        for folder in self._folder.glob("*/"):
            remove_abandoned(folder)
        for path in self._folder.glob(f"*/*{_SUFFIX}"):
            with contextlib.suppress(OSError):  # another process may remove entries at the same time
                status = path.lstat()
                entries.append((status.st_mtime, status.st_size, path))
        left = sum(size for _, size, _ in entries)
        if left <= self._most_bytes:
            return
        for _, size, path in sorted(entries):
            if left <= _TRIM_TO * self._most_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            left -= size

    def _path(self, kind: str, key: str) -> Path:
        digest = hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / digest[:2] / f"{digest}{_SUFFIX}"

    def _mac(self, path: Path, content: bytes) -> bytes:
        """Return the HMAC over an entry's place and content; the name follows from kind and key."""
        return hmac.digest(self._key, path.name.encode() + b"\0" + content, "sha256")

    def _cannot_write(self, error: OSError) -> None:
        """Warn once that entries are not kept."""
        if self._writable:
            self._writable = False
            self.warnings.append(
                f"What was computed is not kept for the next run: {self._folder} cannot be written ({error})."
            )

    def _drop(self, path: Path, why: str) -> None:
        """Remove an entry that cannot be used, and name it."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            path.unlink()
        self.warnings.append(f"A stored entry was not used and is computed anew: {path} ({why}).")
