"""What nbgrader lets students do to a course, and what becomes of it here."""

from __future__ import annotations

import re

import pytest

from autograder.untrusted import spelled_out
from gradebook.conftest import ABSENT, Taught
from gradebook.school import COURSE_ID, School, cell_of, notebook_at
from gradebook.small_course import NAME


def test_honest_work_gets_its_points(taught: Taught) -> None:
    """Its written answer waits for a manual grade."""
    line = taught.lines["honest"]
    assert (line["checks"], line["answers"], line["score"], line["max_score"]) == ("7", "0", "7", "10")
    assert line["status"] == "needs_manual_grade"


def test_partial_credit_arrives(taught: Taught) -> None:
    assert taught.lines["halves"]["checks"] == "5.5"


def test_no_cell_of_any_student_ran(taught: Taught) -> None:
    assert not taught.marker.exists()


def test_student_code_cannot_read_the_gradebook(taught: Taught) -> None:
    assert taught.lines["snooper"]["checks"] == "0"
    outputs = cell_of(notebook_at(taught.autograded("snooper")), "doubling")["outputs"]
    assert "FileNotFoundError" in "".join(outputs[0]["data"]["text/plain"])


def test_student_code_cannot_write_the_gradebook(taught: Taught) -> None:
    """The function that tries to loses its own points only."""
    assert taught.lines["writer"]["checks"] == "5"
    assert (taught.school.course / "gradebook.db").stat().st_size > 10_000


def test_output_on_stderr_costs_nothing(taught: Taught) -> None:
    assert taught.lines["noisy"]["checks"] == "7"


def test_replacing_showtraceback_gains_nothing(taught: Taught) -> None:
    assert taught.lines["patcher"]["checks"] == "0"


def test_killing_the_process_costs_only_one_check(taught: Taught) -> None:
    assert taught.lines["killer"]["checks"] == "5"


@pytest.mark.parametrize("student", ["deleter", "editor", "future", "garbled", "notebookless"])
def test_a_broken_notebook_costs_no_points(taught: Taught, student: str) -> None:
    """Its graded cells are as released."""
    assert taught.lines[student]["checks"] == "7"
    notebook = notebook_at(taught.autograded(student))
    cells = {name: cell_of(notebook, name) for name in ("doubling", "others", "why")}
    points = {name: cell["metadata"]["nbgrader"]["points"] for name, cell in cells.items()}
    assert points == {"doubling": 2, "others": 5, "why": 3}
    assert all(cell["metadata"]["nbgrader"]["grade"] for cell in cells.values())
    assert "check(" in "".join(cells["doubling"]["source"])
    assert "solution" not in {
        key for key, value in cells["doubling"]["metadata"]["nbgrader"].items() if value
    }


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("deleter", "was missing from the notebook"),
        ("garbled", "maths.ipynb could not be read"),
        ("notebookless", "the submission came without one"),
    ],
)
def test_graders_see_what_is_wrong_in_a_notebook(taught: Taught, student: str, words: str) -> None:
    assert words in taught.autograded(student).read_text()


def test_a_submission_without_module_is_rejected(taught: Taught) -> None:
    """The feedback gives the reason."""
    line = taught.lines["empty"]
    assert (line["checks"], line["score"]) == ("0", "0")
    assert "maths.py" in taught.feedback("empty")
    assert "was not run" in taught.feedback("empty")


def test_a_missing_submission_has_no_points(taught: Taught) -> None:
    """Its line of the export says that it is missing."""
    line = taught.lines[ABSENT]
    assert (line["status"], line["checks"], line["score"]) == ("missing", "", "")


def test_lateness_costs_what_the_homework_says(taught: Taught) -> None:
    line = taught.lines["late"]
    assert float(line["late_penalty"]) == pytest.approx(0.2 * 7)
    assert float(line["score"]) == pytest.approx(0.8 * 7)
    assert all(row["late_penalty"] in {"", "0"} for student, row in taught.lines.items() if student != "late")


def test_of_two_submissions_the_last_one_counts(taught: Taught) -> None:
    assert taught.lines["twice"]["checks"] == "7"


def test_links_in_the_exchange_are_not_followed(taught: Taught) -> None:
    folder = taught.school.course / "submitted/linker" / NAME
    assert sorted(path.name for path in folder.iterdir()) == [f"{NAME}.ipynb", "timestamp.txt"]
    assert taught.lines["linker"]["checks"] == "0"
    assert "was not collected: it is not a regular file" in "".join(taught.school.printed)


@pytest.mark.parametrize("name", ["*", "[h]onest", ".hidden", "white\u200bspace", "giant", "dreamer"])
def test_uncollectable_submissions_stop_nobody(taught: Taught, name: str) -> None:
    """A warning names each of them."""
    assert not (taught.school.course / "submitted" / name).exists()
    shown = spelled_out(name)
    [line] = [line for line in taught.collected.splitlines() if f"/{shown}+" in line and "WARNING" in line]
    assert "was not collected: " in line
    assert (taught.lines["honest"]["checks"], taught.lines["honest"]["note"]) == ("7", "")


@pytest.mark.parametrize("student", ["undated", "two_times"])
def test_the_folder_name_decides_the_time(taught: Taught, student: str) -> None:
    """A missing or earlier time in the submission's own file does not count."""
    [folder] = taught.school.inbound.glob(f"{student}+*")
    said = (taught.school.course / "submitted" / student / NAME / "timestamp.txt").read_text()
    assert said.split(".")[0] in folder.name
    assert taught.lines[student]["timestamp"].split(".")[0] == said.split(".")[0].replace(" ", "T")


def test_a_contradictory_time_is_reported(taught: Taught) -> None:
    """The file system or a second file gives another time than the folder's name."""
    told = [line for line in taught.collected.splitlines() if "was last changed at" in line]
    assert [f"/backdated+{NAME}+" in line for line in told] == [True]
    assert f"/two_times+{NAME}+" in taught.collected.split("the later time counts")[0].splitlines()[-1]


def test_a_picture_of_another_format_is_named(taught: Taught) -> None:
    """The answer can still be graded."""
    assert "Not shown, neither PNG nor JPEG: moving.gif" in taught.feedback("painter")
    assert taught.lines["painter"]["status"] == "needs_manual_grade"


def test_an_answer_in_a_large_notebook_is_kept(taught: Taught) -> None:
    assert "Because of the plots." in taught.feedback("plotter")
    assert taught.lines["plotter"]["note"] == ""


def test_unreadable_answers_need_a_manual_grade(taught: Taught) -> None:
    """A submission without a notebook has no answer to grade."""
    assert taught.lines["garbled"]["status"] == "needs_manual_grade"
    assert taught.lines["notebookless"]["status"] == "graded"


def test_unreturnable_feedback_stops_no_other(taught: Taught) -> None:
    """The submissions came without the secret file; the printed text names them."""
    without = {"linker", "undated", "two_times", "backdated"}
    told = "".join(taught.school.printed)
    assert all(f"{NAME} of {student} came without submission_secret.txt" in told for student in without)
    given = list((taught.school.exchange / COURSE_ID / "feedback").glob("*.html"))
    handed_in = {student for student, line in taught.lines.items() if line["status"] != "missing"}
    assert len(given) == len(handed_in - without)


def test_feedback_folders_hold_only_needed_files(taught: Taught) -> None:
    """These are the page and two files for the exchange."""
    allowed = {f"{NAME}.html", "timestamp.txt", "submission_secret.txt"}
    found = {path.name for path in (taught.school.course / "feedback").rglob("*") if path.is_file()}
    assert found == allowed


def test_feedback_shows_no_code_of_a_hidden_check(taught: Taught) -> None:
    """It shows the verdicts and the pictures."""
    page = taught.feedback("halves")
    assert "Odd numbers have halves, too." in page
    assert "half halves, also odd numbers" in page
    assert "data:image/png;base64," in page
    assert "A square." in page
    assert "secret_number_of_this_check" not in page
    assert "x + x + x" not in page


def test_no_script_of_a_student_runs_on_the_page(taught: Taught) -> None:
    page = taught.feedback("scripter")
    assert "<script>window.hacked" not in page
    assert "window.hacked = 2" not in page
    assert not re.search(r'href="javascript:', page)
    assert "Because" in page


def test_the_export_says_what_the_results_say(taught: Taught) -> None:
    results = taught.school.results(NAME)
    assert {student: float(line["checks"]) for student, line in taught.lines.items() if line["checks"]} == {
        student: record["score"] for student, record in results.items()
    }
    assert not [line["note"] for line in taught.lines.values() if line["note"]]


def test_every_student_was_autograded(taught: Taught) -> None:
    assert "error" not in taught.log.lower().replace("stderr", "")
    graded = {path.parts[-3] for path in taught.school.course.glob(f"autograded/*/{NAME}/{NAME}.ipynb")}
    assert graded == set(taught.lines) - {ABSENT}


def test_postgresql_gets_the_same_points(taught: Taught, postgres: str) -> None:
    there = School(taught.school.root, database=postgres)
    there.many(
        [(there.course, [command, NAME, "--force"]) for command in ("generate_assignment", "autograde")]
    )
    points = {student: row["checks"] for (_, student), row in there.exported("postgres.csv").items()}
    expected = {student: line["checks"] for student, line in taught.lines.items() if student != ABSENT}
    assert points == expected
