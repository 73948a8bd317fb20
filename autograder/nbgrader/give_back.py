"""``nbgrader release_feedback`` without ending where one submission lacks what the exchange needs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nbgrader.exchange.default import ExchangeReleaseFeedback

OF_THE_EXCHANGE: Final = ("timestamp.txt", "submission_secret.txt")
"""What stands beside a page: with them nbgrader finds whose it is."""


class CarefulReleaseFeedback(ExchangeReleaseFeedback):
    """Gives back every page that can be fetched, and names the others."""

    def copy_files(self) -> None:
        """Copy the pages into the exchange."""
        homework = self.coursedir.assignment_id
        pages = Path(self.coursedir.format_path(self.coursedir.feedback_directory, ".", "."))
        left_out = []
        for folder in sorted(pages.glob(f"*/{homework}")):
            if lacking := [name for name in OF_THE_EXCHANGE if not (folder / name).is_file()]:
                left_out.append(folder.parent.name)
                self.log.warning(
                    "%s came without %s, so nbgrader cannot give its page back. Give it to %s: %s",
                    *(f"{homework} of {left_out[-1]}", " and ".join(lacking), left_out[-1], folder),
                )
        excluded = filter(None, (self.coursedir.student_id_exclude, *left_out))
        self.coursedir.student_id_exclude = ",".join(excluded)
        super().copy_files()
