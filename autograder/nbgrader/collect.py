"""``nbgrader collect`` without following links.

Students may write into the folder where the exchange takes submissions. nbgrader copies what it finds there
with the rights of the instructor and follows symbolic links: ``rnn.py`` could be the reference then, and a
page of feedback the gradebook.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any, Final

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

_OPENING: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class CarefulCollect(ExchangeCollect):
    """Collects regular files only."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a student's submission, as nbgrader does, but for links, pipes and devices.

        Args:
            src: the submission in the exchange.
            dest: where it goes.
            log: not used; nbgrader's signature.

        Raises:
            RuntimeError: it is larger than ``CourseDirectory.max_dir_size``.
        """
        del log
        folders = self.coursedir
        if Path(src).is_symlink():
            self.log.warning("%s is a link, and nothing of it was collected", src)
        if (size := self.get_size(src)) > 1000 * folders.max_dir_size:
            raise RuntimeError(
                f"{src} has {size:,} bytes; at most {1000 * folders.max_dir_size:,} are collected."
            )
        ignored = ignore_patterns(
            exclude=folders.ignore, include=folders.include, max_file_size=folders.max_file_size, log=self.log
        )
        # fwalk opens each folder from the one before it, so none can be exchanged for a link meanwhile.
        for root, inner, names, handle in os.fwalk(src, follow_symlinks=False):
            left_out = ignored(root, [*inner, *names])
            inner[:] = [name for name in inner if name not in left_out]
            target = Path(dest, os.path.relpath(root, src))
            target.mkdir(mode=0o770 if folders.groupshared else 0o755, parents=True, exist_ok=True)
            for name in names:
                if name not in left_out and not _copy(name, handle, target / name):
                    self.log.warning(
                        "%s was not collected: no regular file of one name, or not readable", Path(root, name)
                    )


def _copy(name: str, folder: int, target: Path) -> bool:
    """Copy a regular file of one name out of an open folder; return whether it is one."""
    try:
        handle = os.open(name, _OPENING, dir_fd=folder)
    except OSError:  # a link, a socket, or gone
        return False
    with os.fdopen(handle, "rb") as source:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:  # with two it may be somebody else's
            return False
        with target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
    target.chmod(0o660)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return True
