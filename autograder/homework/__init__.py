"""A homework as its author declares it in ``homework.toml``, and the course that contains it.

A course is a folder with ``assignments/`` (released) and ``solutions/`` (never released). Students have only
the released folder, so a `Homework` can be used without ``solutions/``.
"""

from autograder.homework._course import Course
from autograder.homework._declared import (
    PUBLIC_CHECKS,
    SHARED_FIXTURES,
    Homework,
    HomeworkError,
    HomeworkLimits,
    LatePolicy,
    NotebookCells,
    SolvedHomework,
)
from autograder.homework._helpers import helper_modules, importable_helpers, refuse_helpers
from autograder.homework._manifest import MANIFEST, load_homework
from autograder.homework._secret import course_secret, secret_in

__all__ = [
    "MANIFEST",
    "PUBLIC_CHECKS",
    "SHARED_FIXTURES",
    "Course",
    "Homework",
    "HomeworkError",
    "HomeworkLimits",
    "LatePolicy",
    "NotebookCells",
    "SolvedHomework",
    "course_secret",
    "helper_modules",
    "importable_helpers",
    "load_homework",
    "refuse_helpers",
    "secret_in",
]
