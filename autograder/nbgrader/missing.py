"""Submissions without a notebook: nbgrader passes over them, though their files were graded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from autograder._files import write_atomically
from autograder.homework import Homework

_NOTE: Final = "**This is the notebook as it was released: the submission came without one.**"


def put_missing_notebooks(homeworks: Iterable[Homework], *, submitted: Path, released: Path) -> None:
    """Put the released notebook into every submission that has none; leave everything else as it is.

    Args:
        homeworks: those of the course.
        submitted: nbgrader's folder of submissions: a folder for each student, in it one for each homework.
        released: nbgrader's folder of releases.
    """
    for homework in homeworks:
        name = homework.notebook_file.name
        source = released / homework.name / name
        if homework.notebook is None or not source.is_file():
            continue
        for folder in submitted.glob(f"*/{homework.name}"):
            if folder.is_dir() and not folder.is_symlink() and not (folder / name).exists():
                # A folder that is not ours to write to is no reason to stop.
                with contextlib.suppress(OSError):
                    write_atomically(folder / name, _with_note(source))


def _with_note(source: Path) -> bytes:
    """Return a notebook with a cell in front that says where it comes from."""
    notebook: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    note = {"cell_type": "markdown", "id": "no-notebook", "metadata": {}, "source": [_NOTE]}
    return json.dumps(notebook | {"cells": [note, *notebook["cells"]]}, indent=1).encode()
