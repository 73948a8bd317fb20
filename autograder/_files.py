"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step; on failure whatever stood there stays as it was.

    The new file gets the permissions of a freshly created one, and takes the place of a symbolic link
    instead of being written through it.

    Args:
        path: where to write; its folder must exist.
        data: the whole content.

    Raises:
        OSError: the folder is missing, full or not writable.
    """
    # Beside the target, because a rename is atomic only within one file system. `tempfile` would make the
    # file private to its owner, and these files are meant to be read by others.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
