"""Students whose names look alike: rows of their own, told apart, and named for staff."""

import csv
import io
from pathlib import Path

from example_results import HOMEWORK, WHEN, Page, check, result, waiting
from rich.console import Console

from autograder.reports.csv import write_grades
from autograder.reports.feedback import feedback_page
from autograder.reports.names import look_alike_lines, look_alike_notes
from autograder.reports.page import write_page
from autograder.reports.table import class_table
from autograder.result import SubmissionResult

ALIKE = ("Ada", "ada", "ada<U+200B>", "ada<U+0020>")
CLASS = [*(result(name, check("a")) for name in ALIKE), result("bob", check("a"))]


def rows(tmp_path: Path, results: list[SubmissionResult]) -> dict[str, dict[str, str]]:
    write_grades(results, HOMEWORK, tmp_path, WHEN)
    table = csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text(encoding="utf-8")))
    return {row["student"]: row for row in table}


def printed(results: list[SubmissionResult]) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(class_table(results, HOMEWORK))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_grades_have_a_row_and_a_note_for_each(tmp_path: Path) -> None:
    found = rows(tmp_path, CLASS)
    assert set(found) == {*ALIKE, "bob"}
    assert found["ada"]["note"] == "The name looks like Ada, ada<U+200B>, ada<U+0020>."
    assert found["ada<U+200B>"]["note"] == "The name looks like Ada, ada, ada<U+0020>."
    assert found["bob"]["note"] == ""


def test_a_note_changes_no_status_and_no_score(tmp_path: Path) -> None:
    alone = rows(tmp_path, [result("ada", check("a"))])["ada"]
    beside = rows(tmp_path, [*CLASS, waiting("ADA", "it stopped")])["ada"]
    assert {**beside, "note": ""} == {**alone, "b": ""}


def test_earlier_results_are_told_apart(tmp_path: Path) -> None:
    """Names in these may hold what is hidden."""
    found = rows(tmp_path, [result("ada"), result("ada\u200b"), result("ada\u200e")])
    assert set(found) == {"ada", "ada<U+200B>", "ada<U+200E>"}
    assert all(row["note"] for row in found.values())


def test_the_table_warns_below_its_rows() -> None:
    text = printed(CLASS)
    assert all(f" {name} " in text for name in ALIKE)
    warning = " ".join(text.split("┘")[1].split())  # as wide as the table
    assert warning == "Names that look alike: Ada, ada, ada<U+200B>, ada<U+0020>"


def test_different_names_give_no_warning() -> None:
    assert "alike" not in printed([result("ada"), result("bob")])


def test_the_page_names_them_with_links(tmp_path: Path) -> None:
    write_page(CLASS, HOMEWORK, tmp_path, WHEN)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Names that look alike" in page.text
    assert "Ada , ada , ada<U+0020> , ada<U+200B>" in page.text
    ids = {value for name, value in page.attributes if name == "id"}
    assert {f"student-{number}" for number in range(1, 6)} <= ids
    assert "No submission needs staff" in page.text


def test_a_page_without_such_names_says_nothing(tmp_path: Path) -> None:
    write_page([result("ada")], HOMEWORK, tmp_path, WHEN)
    assert "look alike" not in (tmp_path / "report.html").read_text()


def test_students_do_not_read_of_other_names() -> None:
    text = Page(feedback_page(CLASS[2], HOMEWORK, {}, WHEN)).text
    assert "For ada<U+200B>" in text
    assert "alike" not in text


def test_many_names_make_short_notes() -> None:
    names = [f"ada{'<U+200B>' * count}" for count in range(200)]
    notes = look_alike_notes(names)
    assert len(notes) == 200
    assert max(map(len, notes.values())) < 10_000
    assert notes["ada"].endswith(" and 194 more.")
    assert [line.endswith(" and 195 more") for line in look_alike_lines(names)] == [True]


def test_a_long_name_stays_whole_in_the_grades(tmp_path: Path) -> None:
    """Longer than any name of a file: 255 bytes, all of them spelled out."""
    names = ["<U+0001>" * 254 + ending for ending in ("a", "b")]
    assert set(rows(tmp_path, [result(name) for name in names])) == set(names)
