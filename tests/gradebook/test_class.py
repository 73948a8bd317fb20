"""Twelve students, three homeworks, two databases: from release to export."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradebook.school import School
from gradebook.twelve import HOMEWORKS, NOT_HANDED_IN, STUDENTS, handed_in, teach

Rows = dict[tuple[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    """The course after everything was graded, with nbgrader's own database."""
    opened = School(tmp_path_factory.mktemp("twelve")).open()
    teach(opened)
    return opened


@pytest.fixture(scope="module")
def on_sqlite(school: School) -> Rows:
    return school.exported("sqlite.csv")


@pytest.fixture(scope="module")
def on_postgres(school: School, postgres: str) -> Rows:
    """The same course's grades in a database of PostgreSQL, filled by the same commands."""
    there = School(school.root, database=postgres)
    course = there.course
    there.many(
        [
            *((course, ["generate_assignment", homework, "--force"]) for homework in HOMEWORKS),
            *((course, ["db", "student", "add", student]) for student in STUDENTS),
        ]
    )
    for homework in HOMEWORKS:
        there.nbgrader("autograde", homework, "--force")
    return there.exported("postgres.csv")


@pytest.mark.parametrize("database", ["on_sqlite", "on_postgres"])
def test_the_export_equals_the_results(school: School, database: str, request: pytest.FixtureRequest) -> None:
    rows: Rows = request.getfixturevalue(database)
    assert set(rows) == {(homework, student) for homework in HOMEWORKS for student in STUDENTS}
    for homework in HOMEWORKS:
        results = school.results(homework)
        assert sorted(results) == handed_in(homework)
        for student, record in results.items():
            row = rows[homework, student]
            assert float(row["checks"]) == pytest.approx(record["score"]), row
            assert float(row["score"]) == pytest.approx(record["score"]), row
            assert not row["note"]
    missing = {(student, homework) for (homework, student), row in rows.items() if row["status"] == "missing"}
    assert missing == NOT_HANDED_IN


def test_the_class_has_all_kinds_of_scores(on_sqlite: Rows) -> None:
    assert on_sqlite["cnn", "s01"]["checks"] == "60"
    assert on_sqlite["rnn", "s04"]["checks"] == "0"
    assert len({row["checks"] for row in on_sqlite.values()}) > 6
    assert {row["max_score"] for row in on_sqlite.values()} == {"66", "45"}


def test_both_databases_hold_the_same(on_sqlite: Rows, on_postgres: Rows) -> None:
    assert on_sqlite == on_postgres


def test_students_of_other_homeworks_are_skipped(school: School) -> None:
    """The printed text names them."""
    assert "Students who handed in only other homeworks: s03, s12" in "".join(school.printed)


def test_students_fetch_their_feedback(school: School, on_sqlite: Rows) -> None:
    course, home = school.course, school.home("s01")
    school.many(
        [
            (course, ["generate_feedback", "cnn"]),
            (course, ["release_feedback", "cnn"]),
            (home, ["fetch_feedback", "cnn", "--student=s01"]),
        ]
    )
    [page] = Path(home, "cnn", "feedback").glob("*/cnn.html")
    text = page.read_text()
    assert "Score: 60.0 / 66.0" in text
    assert text.count("data:image/png;base64,") >= 7
    assert on_sqlite["cnn", "s01"]["checks"] == "60"


def test_a_new_submission_replaces_the_grade(school: School) -> None:
    home = school.home("s04")
    (home / "rnn/rnn.py").write_text((school.home("s03") / "rnn/rnn.py").read_text())
    before = school.exported("before.csv")["rnn", "s04"]["checks"]
    school.many([(home, ["submit", "rnn", "--student=s04"]), (school.course, ["collect", "rnn", "--update"])])
    school.nbgrader("autograde", "rnn")  # without grading first: what is not graded yet is graded then
    rows = school.exported("after.csv")
    assert (before, rows["rnn", "s04"]["checks"]) == ("0", rows["rnn", "s03"]["checks"])
    assert rows["rnn", "s04"]["checks"] != "0"
