"""``nbgrader collect`` that does not follow links, and does not stop at an invalid submission.

Students may write into the inbound folder of the exchange. nbgrader copies its content with the rights of the
instructor and follows symbolic links: ``rnn.py`` could be a link to the reference, and a page of feedback a
link to the gradebook. nbgrader does not validate names either: a student ``*`` would later mean the whole
class.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns, parse_utc

from autograder._files import open_file
from autograder.untrusted import plain, spelled_out

_TIME: Final = "timestamp.txt"
_NOT_IN_A_NAME: Final = re.compile(r"[*?\[\]]")
"""Characters that nbgrader would read as a pattern."""
_LONGEST_PATH: Final = 4096
_SAME_TIME: Final = timedelta(minutes=1)
_PLAUSIBLE: Final = timedelta(minutes=10)
"""By how much the arrival of a submission may be later than the time that it states."""


class CarefulCollect(ExchangeCollect):
    """Collects regular files only; logs a warning about an invalid submission instead of stopping."""

    src_records: list[dict[str, Any]]

    def init_src(self) -> None:
        """Find the submission to collect of each student."""
        super().init_src()
        for hidden in Path(self.inbound_path).glob(f".*+{self.coursedir.assignment_id}+*"):
            self._path_to_record(str(hidden))  # logs a warning; nbgrader's own search ignores it silently
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """Return student and time of a submission; an empty student if it cannot be collected."""
        try:
            record: dict[str, Any] = super()._path_to_record(path)
            self._refuse(Path(path), record["username"])
        except Exception as error:  # noqa: BLE001 - any student may write there, and must not stop it
            self.log.warning("%s was not collected: %s", _shown(path), plain(str(error), 1000))
            return {"username": "", "filename": Path(path).name, "timestamp": datetime.min}  # noqa: DTZ901
        return record

    def _refuse(self, submission: Path, student: str) -> None:
        """Refuse anything but a readable folder that is not too large and has a valid student's name.

        Raises:
            ValueError: the submission is refused; the message says why.
        """
        if student.startswith(".") or _shown(student) != student or _NOT_IN_A_NAME.search(student):
            raise ValueError(
                "Expected a student's name without *, ?, [, ], hidden characters and a dot at its beginning. "
                f"Received: {_shown(student)!r}"
            )
        if submission.is_symlink() or not submission.is_dir():
            raise ValueError("Expected a folder. Received: a link or a file.")
        if not os.access(submission, os.R_OK | os.X_OK):
            raise ValueError("Expected a folder that can be read. Received: one that cannot.")
        most = 1000 * self.coursedir.max_dir_size
        if (size := self.get_size(str(submission))) > most:
            raise ValueError(f"Expected at most {most:,} bytes. Received: {size:,}")

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a student's submission as nbgrader does, without links, pipes and devices.

        Args:
            src: the submission's folder in the exchange.
            dest: the folder to copy to.
            log: not used; part of nbgrader's signature.
        """
        del log
        folders = self.coursedir
        ignored = ignore_patterns(
            exclude=folders.ignore, include=folders.include, max_file_size=folders.max_file_size, log=self.log
        )
        # fwalk opens each folder relative to its parent, so no folder can be replaced by a link (a race).
        for root, inner, names, handle in os.fwalk(src, follow_symlinks=False):
            left_out = ignored(root, [*inner, *names])
            inner[:] = [name for name in inner if name not in left_out]
            target = Path(dest, os.path.relpath(root, src))
            target.mkdir(mode=0o770 if folders.groupshared else 0o755, parents=True, exist_ok=True)
            linked = [name for name in inner if Path(root, name).is_symlink()]
            for name in (*names, *linked):
                if name not in left_out and not _copy(name, handle, target / name):
                    self.log.warning(
                        "%s was not collected: it is not a regular file, has several names (hard links), "
                        "or cannot be read",
                        _shown(Path(root, name)),
                    )
        self._correct_time(Path(src), Path(dest, _TIME))

    def _correct_time(self, submission: Path, file: Path) -> None:
        """Put the time of the submission's name into the file if that is invalid or states an earlier time.

        The student's program writes both the name and the file, so the later time counts. A warning is logged
        if the folder was changed much later than that, according to the file system.

        Args:
            submission: the folder in the exchange.
            file: the collected ``timestamp.txt``, which may be missing, invalid or a folder.
        """
        named = super()._path_to_record(str(submission))["timestamp"]
        try:
            said = parse_utc(file.read_text(encoding="utf-8").strip())
        except (OSError, ValueError, OverflowError):
            said = None
        if said is None or named - said > _SAME_TIME:
            if said is not None:
                self.log.warning("%s says %s in %s; the later time counts", _shown(submission), said, _TIME)
            if file.is_dir():
                shutil.rmtree(file)
            file.write_text(f"{named:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
            file.chmod(0o660)
        arrived = datetime.fromtimestamp(submission.stat().st_ctime, UTC).replace(tzinfo=None)
        if arrived - max(named, said or named) > _PLAUSIBLE:
            self.log.warning(
                "%s was last changed at %s: is its time, which decides about lateness, true?",
                *(_shown(submission), f"{arrived:%Y-%m-%d %H:%M:%S} UTC"),
            )


def _shown(path: Path | str) -> str:
    """Return a path that is safe to log; students choose the names in the exchange."""
    return spelled_out(str(path), _LONGEST_PATH)


def _copy(name: str, folder: int, target: Path) -> bool:
    """Copy a file out of an open folder if it is regular and has one name; return whether it was copied."""
    try:
        handle = open_file(name, folder)
    except OSError:  # a link, a socket, or removed
        return False
    with os.fdopen(handle, "rb") as source:
        status = os.fstat(handle)
        if (
            not stat.S_ISREG(status.st_mode) or status.st_nlink != 1
        ):  # a second hard link may be in another person's folder
            return False
        with target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
    target.chmod(0o660)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return True
