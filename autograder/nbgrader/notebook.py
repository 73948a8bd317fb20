"""Restore a student's notebook for graders: safe, complete, and with the graded cells as they were released.

Whatever a student changed, locked cells get their released source and points again. A graded cell that was
deleted is added again, and a cell that is there twice is graded once. Cells for answers keep the student's
text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.untrusted import plain

_SCHEMA: Final = 3
_MOST_CELLS: Final = 2_000
_LONGEST: Final = 100_000
"""Characters in a cell: the libraries that render text are extremely slow for some texts."""
_LEFT_OUT: Final = (
    "\n\n(This cell has {:,} characters. Pictures inside its text were left out, and all beyond {:,}.)"
)
_INSIDE: Final = re.compile(r"data:[\w/+.;=-]{0,100},[A-Za-z0-9+/=%]+")
_PICTURES: Final = ("image/png", "image/jpeg")
_NOT_SHOWN: Final = "\n\n*(Not shown, neither PNG nor JPEG: {})*"
_PUT_BACK: Final = "*The cell `{}` was missing from the notebook, and was put back for grading.*"


@dataclass(frozen=True, slots=True)
class ReleasedCell:
    """A cell of the released notebook that nbgrader knows.

    Attributes:
        name: its ``grade_id``.
        kind: ``code`` or ``markdown``.
        source: as it was released.
        checksum: nbgrader's checksum of the released cell.
        points: the points that it is worth; None if it is not graded.
        locked: students must not change it.
        answer: students write in it, and a grader grades it by hand.
    """

    name: str
    kind: str
    source: str
    checksum: str
    points: float | None
    locked: bool
    answer: bool

    def metadata(self) -> dict[str, Any]:
        """Return the cell's metadata as nbgrader writes it."""
        entries: dict[str, Any] = {
            "schema_version": _SCHEMA,
            "grade_id": self.name,
            "grade": self.points is not None,
            "locked": self.locked,
            "solution": self.answer,
            "task": False,
            "cell_type": self.kind,
            "checksum": self.checksum,
        }
        return {"nbgrader": entries | ({} if self.points is None else {"points": self.points})}


def parsed(text: str) -> NotebookNode:
    """Parse a notebook of any version of the format, and return it in version 4.

    Args:
        text: the file's text.

    Raises:
        ValueError: the text is not a notebook, or has too many cells.
    """
    try:
        notebook = nbformat.reads(text, as_version=4)
        cells = notebook.cells
    except Exception as error:  # a student's file may cause any exception in the library
        raise ValueError(f"it is not a notebook ({type(error).__name__})") from error
    if not isinstance(cells, list) or len(cells) > _MOST_CELLS:
        raise ValueError(f"it has no list of at most {_MOST_CELLS} cells")
    return notebook


def restored(
    handed_in: NotebookNode | None, released: Sequence[ReleasedCell], note: str = ""
) -> NotebookNode:
    """Return the notebook that graders see.

    Args:
        handed_in: the student's notebook; None if it could not be read.
        released: the cells that nbgrader knows.
        note: a sentence to put at the beginning, for graders and the student; empty for none.
    """
    known = {cell.name: cell for cell in released}
    cells = list(handed_in.cells) if handed_in is not None else []
    places = _places(cells, known)
    made = [_safe(cell, places.get(number)) for number, cell in enumerate(cells)]
    lost = [cell for cell in released if cell not in places.values() and cell.points is not None]
    for cell in lost:
        back = _as_released(cell)
        if note and cell.answer:  # a changed cell makes nbgrader wait for a manual grade
            back.source += f"\n\n{note}"
        made += [new_markdown_cell(_PUT_BACK.format(cell.name)), back]
    beginning = [new_markdown_cell(f"**{note}**")] if note else []
    return new_notebook(cells=[*beginning, *made])


def _places(cells: Sequence[Any], known: Mapping[str, ReleasedCell]) -> dict[int, ReleasedCell]:
    """Return position → known cell: the last cell with its name, as in nbgrader."""
    places = {name: number for number, cell in enumerate(cells) if (name := _name(cell)) in known}
    return {number: known[name] for name, number in places.items()}


def _name(cell: Any) -> str:
    """Return the ``grade_id`` that a student's cell states; empty for none."""
    try:
        name = cell["metadata"]["nbgrader"]["grade_id"]
    except (KeyError, TypeError):
        return ""
    return name if isinstance(name, str) else ""


def _safe(cell: Any, known: ReleasedCell | None) -> NotebookNode:
    """Return a student's cell without outputs and metadata; a known cell with its released metadata."""
    source = cell.get("source", "") if isinstance(cell, dict) else ""
    text = _text(source) if isinstance(source, str) else ""
    if known is None:
        kind = cell.get("cell_type") if isinstance(cell, dict) else ""
        return new_code_cell(text) if kind == "code" else _markdown(text, cell)
    if known.answer:
        made = _markdown(text, cell) if known.kind == "markdown" else new_code_cell(text)
        return _named(made, known)
    return _as_released(known)


def _text(source: str) -> str:
    """Return the text of a cell. If it is too long, remove the pictures inside it, then its end."""
    if len(source) <= _LONGEST:
        return plain(source, _LONGEST, lines=True)
    left_out = _LEFT_OUT.format(len(source), _LONGEST)
    return plain(_INSIDE.sub("", source), _LONGEST, lines=True) + left_out


def _as_released(known: ReleasedCell) -> NotebookNode:
    """Return a cell as it was released."""
    make = new_code_cell if known.kind == "code" else new_markdown_cell
    return _named(make(known.source), known)


def _named(cell: NotebookNode, known: ReleasedCell) -> NotebookNode:
    cell.metadata = nbformat.from_dict(known.metadata())
    return cell


def _markdown(text: str, cell: Any) -> NotebookNode:
    """Return a text cell, with the pictures that were pasted into it."""
    attachments = cell.get("attachments") if isinstance(cell, dict) else None
    pasted = dict(_pasted(attachments))
    lost = [name for name in attachments if name not in pasted] if isinstance(attachments, dict) else []
    made = new_markdown_cell(
        text + (_NOT_SHOWN.format(plain(", ".join(map(str, lost)), 200)) if lost else "")
    )
    if pasted:
        made.attachments = nbformat.from_dict(pasted)
    return made


def _pasted(attachments: Any) -> Iterable[tuple[str, dict[str, str]]]:
    """Yield the attachments that are pictures in base64."""
    for name, data in attachments.items() if isinstance(attachments, dict) else ():
        if not isinstance(name, str) or not isinstance(data, dict):
            continue
        pictures = {
            kind: data[kind]
            for kind in _PICTURES
            if isinstance(data.get(kind), str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", data[kind])
        }
        if pictures:
            yield name, pictures
