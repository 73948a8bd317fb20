"""``nbgrader release_feedback`` that does not stop at a submission without the files of the exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nbgrader.exchange.default import ExchangeReleaseFeedback

OF_THE_EXCHANGE: Final = ("timestamp.txt", "submission_secret.txt")
"""The files beside a page by which nbgrader finds the student whose page it is."""


class CarefulReleaseFeedback(ExchangeReleaseFeedback):
    """Gives back every page that a student can fetch, and logs a warning about the others."""

    def copy_files(self) -> None:
        """Copy the pages into the exchange."""
        homework = self.coursedir.assignment_id
        pages = Path(self.coursedir.format_path(self.coursedir.feedback_directory, ".", "."))
        left_out = []
        for folder in sorted(pages.glob(f"*/{homework}")):
            if lacking := [name for name in OF_THE_EXCHANGE if not (folder / name).is_file()]:
                student = folder.parent.name
                left_out.append(student)
                self.log.warning(
                    "%s came without %s, so nbgrader cannot give its page back. Give it to %s: %s",
                    *(f"{homework} of {student}", " and ".join(lacking), student, folder),
                )
        excluded = filter(None, (self.coursedir.student_id_exclude, *left_out))
        self.coursedir.student_id_exclude = ",".join(excluded)
        super().copy_files()
