"""What students of the small course hand in: honest work, mistakes, and tricks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradebook.school import cell_of, notebook_at
from gradebook.small_course import NAME, RIGHT, code, text

Change = Callable[[Path], None]
"""Changes what a student fetched, in their own folder of the homework."""
NOTEBOOK = f"{NAME}.ipynb"
NOTHING_RIGHT = "def double(x):\n    return 0\n\ntriple = half = double\n"
MARKED = "import pathlib\npathlib.Path({!r}).write_text('a cell of the notebook ran')"


def files(source: str | None = RIGHT, change: Callable[[dict[str, Any]], Any] | None = None) -> Change:
    """Return a change: the module's source (None removes it), and what happens to the notebook."""

    def apply(folder: Path) -> None:
        module = folder / "maths.py"
        if source is None:
            module.unlink()
        else:
            module.write_text(source)
        if change is not None:
            notebook = notebook_at(folder / NOTEBOOK)
            change(notebook)
            (folder / NOTEBOOK).write_text(json.dumps(notebook))

    return apply


def answers(words: str) -> Callable[[dict[str, Any]], None]:
    """Return a change of the notebook: the written answer."""
    return lambda notebook: cell_of(notebook, "why").update(source=words)


def adds(*cells: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Return a change of the notebook: cells in front of all others."""
    return lambda notebook: notebook["cells"].__setitem__(slice(0, 0), cells)


def without_graded_cells(notebook: dict[str, Any]) -> None:
    """Delete every graded cell, the answer's too."""
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["metadata"]]


def with_edited_cells(notebook: dict[str, Any]) -> None:
    """Change everything that nbgrader keeps about graded cells."""
    doubling, others, why = (cell_of(notebook, name) for name in ("doubling", "others", "why"))
    doubling["source"] = "2.0"
    doubling["metadata"]["nbgrader"] |= {"points": 1000, "grade": False, "solution": True, "locked": False}
    doubling["outputs"] = [
        {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}, "execution_count": 1}
    ]
    others["cell_type"] = "markdown"
    del others["outputs"], others["execution_count"]
    others["metadata"]["nbgrader"]["points"] = "many"
    why["metadata"]["nbgrader"] |= {"grade": False, "points": -3}
    notebook["cells"].append(json.loads(json.dumps(doubling)))


def from_the_future(notebook: dict[str, Any]) -> None:
    """Say that a cell follows a later version of nbgrader's format, which makes nbgrader stop altogether."""
    cell_of(notebook, "doubling")["metadata"]["nbgrader"]["schema_version"] = 99


def garbled(folder: Path) -> None:
    """Hand in a notebook that is none."""
    files()(folder)
    (folder / NOTEBOOK).write_bytes(b'{"cells": [\xff\xfe')


def without_notebook(folder: Path) -> None:
    """Hand in the module alone."""
    files()(folder)
    (folder / NOTEBOOK).unlink()


def with_gif(notebook: dict[str, Any]) -> None:
    """Answer with a picture of a kind that browsers show and nbgrader's pages here do not."""
    moving = {"moving.gif": {"image/gif": "R0lGODlhAQABAAAAACw="}}
    cell_of(notebook, "why").update(source="See ![it](attachment:moving.gif)", attachments=moving)


def with_outputs(notebook: dict[str, Any]) -> None:
    """Answer, and have 10 MB of outputs."""
    answers("Because of the plots.")(notebook)
    cell_of(notebook, "doubling")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 10_000_000}
    ]


def class_of(gradebook: Path, marker: Path) -> dict[str, Change]:
    """Return the class.

    Args:
        gradebook: a file that some of them try to read and change.
        marker: a file that some of their cells would write.
    """
    snooping = f"found = open({str(gradebook)!r}, 'rb').read()\n{RIGHT}"
    writing = RIGHT.replace("return x + x", f"open({str(gradebook)!r}, 'wb').write(b'')\n    return x + x")
    noise = f"import sys\nprint('to stderr', file=sys.stderr)\n{RIGHT}".replace(
        "return 3 * x", "print(x, file=sys.stderr)\n    return 3 * x"
    )
    ran = code("ran", MARKED.format(str(marker)))
    hook = code("hook", "get_ipython().showtraceback = lambda *words, **more: None\n" + ran["source"])
    death = code("death", f"{ran['source']}\nimport os\nos._exit(0)")
    script = (
        "Because <script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> "
        "[look](javascript:window.hacked=3) <b>2 < 3</b>"
    )
    return {
        "deleter": files(change=without_graded_cells),
        "editor": files(change=with_edited_cells),
        "empty": files(None),
        "future": files(change=from_the_future),
        "painter": files(change=with_gif),
        "plotter": files(change=with_outputs),
        "garbled": garbled,
        "halves": files(RIGHT.replace("x / 2", "x // 2")),
        "honest": files(change=answers("Because numbers are like that.")),
        "killer": files(RIGHT.replace("return x + x", "import os\n    os._exit(0)"), adds(death)),
        "late": files(),
        "noisy": files(noise, adds(code("noise", "import sys\nprint(1, file=sys.stderr)"))),
        "notebookless": without_notebook,
        "patcher": files(NOTHING_RIGHT, adds(hook)),
        "scripter": files(change=answers(script)),
        "snooper": files(snooping),
        "twice": files(NOTHING_RIGHT),
        "writer": files(writing, adds(text("hello", "# Hello"))),
    }
