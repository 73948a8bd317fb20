"""The content of ``nbgrader_config.py``: it makes this repository a course of nbgrader."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from autograder.authoring.release import solved_modules
from autograder.homework import Course, Homework, HomeworkError, SolvedHomework
from autograder.nbgrader.checked import CheckedFeedback, CheckedRelease
from autograder.nbgrader.collect import CarefulCollect
from autograder.nbgrader.export import GradesCsv
from autograder.nbgrader.give_back import CarefulReleaseFeedback
from autograder.nbgrader.inject import InjectResults
from autograder.nbgrader.late import LateByHomework
from autograder.nbgrader.missing import put_missing_notebooks
from autograder.nbgrader.read import ReadSubmission
from autograder.nbgrader.refuse import refuse, refuse_overwriting
from autograder.nbgrader.safe import html_of_markdown, safe_html
from autograder.nbgrader.settings import apply_settings

_IGNORED: Final = [
    *(".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"),  # nbgrader's own
    *("pictures", ".autograder"),
]
"""Names in a homework's folder that are neither released nor copied."""


def configure(config: Any, root: Path) -> None:
    """Configure nbgrader for a course, with the course's own settings from ``nbgrader_settings.py``.

    Args:
        config: the result of ``get_config()`` in ``nbgrader_config.py``.
        root: the course's folder, which contains ``nbgrader_config.py``.

    Raises:
        SystemExit: the course must not be used in this state; the message says why. See `refuse`.
    """
    reason = _prepare(config, root)
    _harden(config, root.resolve())
    if reason:
        refuse(config, reason)


def _prepare(config: Any, root: Path) -> str:
    """Apply the course's settings and prepare its folders; return why that failed, else an empty text."""
    try:
        apply_settings(config, root)
        course = Course.find(root)
        homeworks = [course.homework(name) for name in course.homework_names()]
        for homework in homeworks:
            _refuse_solved(homework)
        _keep_files(config, homeworks)
        put_missing_notebooks(
            homeworks, submitted=course.root / "submitted", released=course.root / "release"
        )
    except HomeworkError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - nbgrader would log it, and use its own defaults
        return f"{type(error).__name__}: {error}"
    return ""


def _keep_files(config: Any, homeworks: Iterable[Homework]) -> None:
    """Prevent nbgrader from replacing students' files by the released ones beside a notebook."""
    declared = {one.name: list(one.files) for one in homeworks}
    if "exclude_overwriting" in config.Autograde:
        refuse_overwriting(config.Autograde.exclude_overwriting, declared)
    else:
        config.Autograde.exclude_overwriting = declared


def _harden(config: Any, root: Path) -> None:
    """Set the options that the settings of a course must not change."""
    _find_alembic()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.source_directory = "assignments"
    config.CourseDirectory.release_directory = "release"
    config.CourseDirectory.submitted_directory = "submitted"
    config.CourseDirectory.ignore = _IGNORED

    config.ExchangeFactory.collect = CarefulCollect
    config.ExchangeFactory.release_feedback = CarefulReleaseFeedback
    config.GenerateAssignment.exporter_class = CheckedRelease
    config.Autograde.exporter_class = ReadSubmission
    config.Autograde.sanitize_preprocessors = [ClearOutput, OverwriteKernelspec, CheckCellMetadata]
    config.Autograde.autograde_preprocessors = [
        InjectResults,
        SaveAutoGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    config.AssignLatePenalties.plugin_class = LateByHomework
    config.GenerateFeedback.exporter_class = CheckedFeedback
    config.ExportApp.plugin_class = GradesCsv
    config.HTMLExporter.sanitize_html = True  # outputs only; the filters are for text cells:
    config.HTMLExporter.filters = {"strip_files_prefix": safe_html, "markdown2html": html_of_markdown}


def _find_alembic() -> None:
    """Add this interpreter's programs to PATH: nbgrader starts ``alembic`` by its name only."""
    if shutil.which("alembic") is None:
        programs = str(Path(sys.executable).parent)
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])


def _refuse_solved(homework: SolvedHomework) -> None:
    """Refuse a homework whose released folder contains a solution."""
    if solved := solved_modules(homework):
        raise HomeworkError(
            f"{solved[0]} is not the stub that is cut from its reference: nbgrader would release it. "
            f"Run: autograder release {homework.name}"
        )
