"""Stop nbgrader in a course that must not be used in its present state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from jupyter_server.serverapp import ServerApp
from nbconvert.exporters import NotebookExporter
from traitlets import Unicode
from traitlets.config import Application

from autograder.homework import HomeworkError


class Refusing(NotebookExporter):
    """Replaces nbgrader's exporters in a course that must not be used: raises the reason, writes nothing."""

    reason = Unicode(help="Why the course must not be used.").tag(config=True)

    def from_filename(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to read a notebook.

        Raises:
            HomeworkError: always.
        """
        raise HomeworkError(self.reason)


def refuse(config: Any, why: str) -> None:
    """Stop nbgrader. For most exceptions in its configuration, it only logs them and uses its own defaults.

    A Jupyter server must continue to run. In it, nothing can be released, autograded or given back until the
    configuration is fixed.

    Args:
        config: nbgrader's configuration.
        why: what is wrong, where, and what to do.

    Raises:
        SystemExit: a command runs, and not a Jupyter server.
    """
    reason = f"nbgrader_config.py refuses to load. {why}"
    if not (Application.initialized() and isinstance(Application.instance(), ServerApp)):
        raise SystemExit(reason)
    config.Refusing.reason = reason
    for converter in (config.GenerateAssignment, config.Autograde, config.GenerateFeedback):
        converter.exporter_class = Refusing


def refuse_overwriting(kept: Any, declared: Mapping[str, Sequence[str]]) -> None:
    """Refuse a setting with which nbgrader would replace students' files by the released stubs.

    Args:
        kept: the setting ``Autograde.exclude_overwriting``.
        declared: homework → the files that students hand in.

    Raises:
        HomeworkError: the setting does not name a declared file.
    """
    named = kept if isinstance(kept, Mapping) else {}
    for homework, files in declared.items():
        if lost := [name for name in files if name not in named.get(homework, ())]:
            raise HomeworkError(
                f"Expected config.Autograde.exclude_overwriting to name {', '.join(lost)} of {homework}: "
                "nbgrader would replace what students wrote. Leave it to autograder.nbgrader.configure."
            )
