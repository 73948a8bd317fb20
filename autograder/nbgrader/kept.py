"""What keeps nbgrader from replacing a student's files by the released stubs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from traitlets.config import Config

from autograder.homework import HomeworkError

_SETTING = "exclude_overwriting"


class AutogradeSection(Config):
    """The section ``config.Autograde``: later lines cannot give up the files that earlier ones kept."""

    def __setitem__(self, key: str, value: Any) -> None:
        """Set an option.

        Raises:
            SystemExit: students' files would be overwritten. nbgrader would log another exception and go on.
        """
        if key == _SETTING:
            try:
                refuse_overwriting(value, self.get(key, {}))
            except HomeworkError as error:
                raise SystemExit(f"nbgrader_config.py refuses to load. {error}") from error
        super().__setitem__(key, value)


def refuse_overwriting(kept: Any, declared: Mapping[str, Sequence[str]]) -> None:
    """Refuse a setting with which nbgrader would replace students' files.

    Args:
        kept: the setting ``Autograde.exclude_overwriting``.
        declared: the files that students hand in, by homework.

    Raises:
        HomeworkError: a file that is declared is not kept.
    """
    named = kept if isinstance(kept, Mapping) else {}
    for homework, files in declared.items():
        if lost := [name for name in files if name not in named.get(homework, ())]:
            raise HomeworkError(
                f"Expected config.Autograde.{_SETTING} to name {', '.join(lost)} of {homework}: "
                "nbgrader would replace what students wrote. Leave it to autograder.nbgrader.configure."
            )
