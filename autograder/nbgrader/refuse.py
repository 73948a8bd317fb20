"""What must not be done with a course, and how nbgrader is stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from jupyter_server.serverapp import ServerApp
from nbconvert.exporters import NotebookExporter
from traitlets import Unicode
from traitlets.config import Application

from autograder.homework import HomeworkError


class Refusing(NotebookExporter):
    """Takes the place of nbgrader's exporters in a course that must not be used: says why, writes nothing."""

    reason = Unicode(help="Why the course must not be used.").tag(config=True)

    def from_filename(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to read a notebook.

        Raises:
            HomeworkError: always.
        """
        raise HomeworkError(self.reason)


def refuse(config: Any, why: str) -> None:
    """Stop nbgrader, which logs most exceptions of its configuration and goes on with its own defaults.

    In a Jupyter server, which must go on, nothing can be released, autograded or given back as long as the
    configuration is as it is.

    Args:
        config: nbgrader's configuration.
        why: what is wrong, where, and what to do.

    Raises:
        SystemExit: where a command runs.
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
        declared: the files that students hand in, by homework.

    Raises:
        HomeworkError: a file that is declared is not kept.
    """
    named = kept if isinstance(kept, Mapping) else {}
    for homework, files in declared.items():
        if lost := [name for name in files if name not in named.get(homework, ())]:
            raise HomeworkError(
                f"Expected config.Autograde.exclude_overwriting to name {', '.join(lost)} of {homework}: "
                "nbgrader would replace what students wrote. Leave it to autograder.nbgrader.configure."
            )
