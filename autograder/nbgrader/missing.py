"""Add the notebook to submissions without one: nbgrader would ignore them, though their files are graded."""

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
    """Put the released notebook into every submission that has none; change nothing else.

    Args:
        homeworks: the homeworks of the course.
        submitted: nbgrader's folder of submissions, with a folder per student and in that one per homework.
        released: nbgrader's folder of releases.
    """
    for homework in homeworks:
        name = homework.notebook_file.name
        source = released / homework.name / name
        if homework.notebook is None or not source.is_file():
            continue
        for folder in submitted.glob(f"*/{homework.name}"):
            if folder.is_dir() and not folder.is_symlink() and not (folder / name).exists():
                # Continue with the others if this folder is not writable.
                with contextlib.suppress(OSError):
                    write_atomically(folder / name, _with_note(source))


def _with_note(source: Path) -> bytes:
    """Return a notebook with a first cell that says that the submission had none."""
    notebook: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    note = {"cell_type": "markdown", "id": "no-notebook", "metadata": {}, "source": [_NOTE]}
    return json.dumps(notebook | {"cells": [note, *notebook["cells"]]}, indent=1).encode()
