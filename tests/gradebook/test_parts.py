"""The parts of our side of nbgrader, one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from autograder.homework import Course, HomeworkError
from autograder.nbgrader import checked, configure, inject
from autograder.nbgrader.notebook import ReleasedCell, parsed, restored
from autograder.nbgrader.safe import html_of_markdown, safe_html
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility
from gradebook.small_course import NAME, code, notebook, text, write_small_course

CHECK = ReleasedCell("part", "code", 'check("part")', "1", 3.0, locked=True, answer=False)
ANSWER = ReleasedCell("why", "markdown", "YOUR ANSWER HERE", "2", 2.0, locked=False, answer=True)


def named(cells: list[Any]) -> dict[str, Any]:
    found = [cell for cell in cells if "nbgrader" in cell.metadata]
    assert len({cell.metadata.nbgrader.grade_id for cell in found}) == len(found)
    return {cell.metadata.nbgrader.grade_id: cell for cell in found}


def hostile(*cells: Any) -> Any:
    return nbformat.from_dict(notebook(*cells))


def test_only_the_text_of_an_answer_is_kept() -> None:
    """Other cells and all metadata come from the release."""
    cells = [
        code("part", "1000", grade_id="part", points=1000, locked=False, solution=True),
        text("why", "Because.", grade_id="why", points=-1, grade=False),
    ]
    made = named(restored(hostile(*cells), [CHECK, ANSWER]).cells)
    assert made["part"].source == CHECK.source
    assert made["part"].metadata == CHECK.metadata()
    assert made["why"].source == "Because."
    assert made["why"].metadata == ANSWER.metadata()


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "code", "metadata": {"nbgrader": ["part"]}, "source": "x"},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["part"]}}, "source": "x"},
        {"cell_type": "code", "metadata": None, "source": ["x"]},
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "x",
            "attachments": {"a.svg": {"image/svg+xml": "<svg/>"}},
        },
        {"cell_type": "markdown", "metadata": {}, "source": "x", "attachments": ["a"]},
        {"cell_type": "markdown", "metadata": {}, "attachments": {"a": {"image/png": '"><script>'}}},
        {"cell_type": "odd"},
        {},
    ],
)
def test_misshapen_cells_become_plain_ones(cell: dict[str, Any]) -> None:
    made = restored(nbformat.from_dict({"cells": [cell]}), [CHECK])
    nbformat.validate(made)
    assert list(named(made.cells)) == ["part"]
    assert "attachments" not in made.cells[0]


def test_pictures_pasted_into_an_answer_are_kept() -> None:
    cell = text("why", "![mine](attachment:a.png)", grade_id="why", points=2)
    cell["attachments"] = {"a.png": {"image/png": "aGVsbG8="}}
    [made] = restored(hostile(cell), [ANSWER]).cells
    assert made.attachments == {"a.png": {"image/png": "aGVsbG8="}}


def test_a_missing_picture_does_not_end_the_page() -> None:
    """The rest of the cell is shown, with its other pictures."""
    exporter = HTMLExporter(filters={"markdown2html": html_of_markdown, "strip_files_prefix": safe_html})
    cell = text("why", "before ![gone](attachment:a.gif) $x_1$ ![kept](attachment:b.png) after")
    cell["attachments"] = {"b.png": {"image/png": "aGVsbG8="}}
    page, _ = exporter.from_notebook_node(restored(hostile(cell), []))
    assert re.search(r'before <img[^>]*alt="gone"[^>]*> \$x_1\$ <img[^>]*alt="kept"[^>]*> after', page)
    assert "data:image/png;base64,aGVsbG8=" in page


def test_text_after_a_large_picture_is_kept() -> None:
    """Only the data of the picture is left out; a text that is too long is cut."""
    picture = f"![plot](data:image/png;base64,{'A' * 200_000})"
    [made] = restored(
        hostile(text("why", f"First. {picture} Last.", grade_id="why", points=2)), [ANSWER]
    ).cells
    assert made.source.startswith("First. ![plot]() Last.\n\n(This cell has 200,0")
    [long] = restored(hostile(text("mine", "x" * 200_000)), []).cells
    assert "all beyond 100,000.)" in long.source


def test_outputs_of_students_are_not_kept() -> None:
    cell = code("mine", "1")
    cell["outputs"] = [
        {"output_type": "display_data", "data": {"text/html": "<b>100 points</b>"}, "metadata": {}}
    ]
    [made] = restored(hostile(cell), []).cells
    assert made.outputs == []


@pytest.mark.parametrize(
    "words", ["", "{", "[]", "null", '{"cells": 3}', '{"nbformat": 4, "cells": {}}', "[" * 9_999]
)
def test_what_is_no_notebook_is_named(words: str) -> None:
    with pytest.raises(ValueError, match=r"^it (is not a notebook|has no list)"):
        parsed(words)


def test_notebooks_of_version_3_are_read() -> None:
    cell = {"cell_type": "code", "input": "1 + 1", "outputs": [], "language": "python", "collapsed": False}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    assert [cell.source for cell in parsed(json.dumps(old)).cells] == ["1 + 1"]


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>a &lt; b <em>c</em></p>", "<p>a &lt; b <em>c</em></p>"),
        ("<script>alert(1)</script>x", "alert(1)x"),
        ("<img src='x' onerror='f()'>", "<img>"),
        ('<img src="https://x.org/a.png" alt="a">', '<img alt="a">'),
        ('<img src="data:image/png;base64,AA">', '<img src="data:image/png;base64,AA">'),
        ('<img src="data:image/svg+xml;base64,AA">', "<img>"),
        ('<a href="javascript:f()">x</a>', "<a>x</a>"),
        ('<a href="data:text/html,x">x</a>', "<a>x</a>"),
        ('<a href="https://x.org">x</a>', '<a href="https://x.org">x</a>'),
        ('<form action="/api"><button>x</button></form>', "x"),
        ("<style>*{display:none}</style>", "*{display:none}"),
        ('<p style="position:fixed">x</p>', "<p>x</p>"),
        ("<svg onload=f()><a xlink:href='javascript:f()'>x</a></svg>", "<a>x</a>"),
        (
            "<table><tr><td align='left'>1</td></tr></table>",
            '<table><tbody><tr><td align="left">1</td></tr></tbody></table>',
        ),
        (
            '<div class="highlight"><span class="k" id="x">def</span> <i class="nf s1">f</i></div>',
            '<div class="highlight"><span class="k">def</span> <i class="nf s1">f</i></div>',
        ),
        ('<p class="panel score" id="pre-save">9/9</p>', "<p>9/9</p>"),
    ],
)
def test_html_of_students_is_reduced_to_safe_tags(html: str, shown: str) -> None:
    assert safe_html(html) == shown


def graded(*scores: float) -> list[CheckResult]:
    return [
        CheckResult(f"check{number}", "Does it", Visibility.PUBLIC, score, 2, CheckStatus.PARTIAL)
        for number, score in enumerate(scores)
    ]


def test_a_score_is_within_the_points_of_the_cell() -> None:
    """The output is a plain float."""
    result = SubmissionResult("ann", NAME, "", SubmissionStatus.GRADED, 1.3, 6)
    shown = [
        list(inject._outputs(result, checks, {}))[-1] for checks in (graded(0.1, 0.2, 1), graded(2, 2), [])
    ]
    assert [output.output_type for output in shown] == ["execute_result"] * 3
    assert [output.data["text/plain"] for output in shown] == ["1.3", "4.0", "0.0"]
    assert all(type(float(output.data["text/plain"])) is float for output in shown)


def test_points_that_differ_from_the_release_fail(tmp_path: Path) -> None:
    """The message says which command to run."""
    write_small_course(tmp_path)
    homework = Course(tmp_path).homework(NAME)
    inject._refuse_other_points(homework, "others", graded(1, 1), 4)
    with pytest.raises(
        HomeworkError, match=r"worth 4 points, and was 5 in the release\. Run: nbgrader generate"
    ):
        inject._refuse_other_points(homework, "others", graded(1, 1), 5.0)
    with pytest.raises(HomeworkError, match="worth 0 points, and was 4"):
        inject._refuse_other_points(homework, "others", [], 4.0)


def test_any_configuration_error_ends_nbgrader(tmp_path: Path) -> None:
    write_small_course(tmp_path)
    configure(Config(), tmp_path)
    (tmp_path / "release" / NAME).mkdir(parents=True)
    (tmp_path / "release" / NAME / f"{NAME}.ipynb").write_text("no JSON")
    (tmp_path / "submitted/ann" / NAME).mkdir(parents=True)  # without a notebook, so it gets that one
    with pytest.raises(SystemExit, match=r"nbgrader_config\.py refuses to load\. JSONDecodeError"):
        configure(Config(), tmp_path)


def test_the_pages_of_all_notebooks_stay(tmp_path: Path) -> None:
    """What a student put beside them does not: nbgrader gives out every page in the folder."""
    homework, handed_in, feedback = (tmp_path / name for name in ("homework", "handed_in", "feedback"))
    for path in (homework / "rnn.ipynb", homework / "notes.ipynb", homework / "lost.ipynb"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    for name in ("rnn.ipynb", "notes.ipynb", "own.ipynb"):
        handed_in.mkdir(exist_ok=True)
        (handed_in / name).touch()
    pages = checked._pages(homework, handed_in)
    assert pages == {"rnn.html", "notes.html"}
    (feedback / "more").mkdir(parents=True)
    for name in ("rnn.html", "notes.html", "timestamp.txt", "own.html", "lost.html", "more/rnn.html"):
        (feedback / name).touch()
    checked._remove_other_files(feedback, pages)
    left = sorted(path.name for path in feedback.rglob("*") if path.is_file())
    assert left == ["notes.html", "rnn.html", "timestamp.txt"]
