"""Tables, files and pages about a graded class."""

import csv
import io
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from example_results import CLASS, HOMEWORK, WHEN, XSS, Page, check, rejected, result, waiting
from inline_snapshot import snapshot
from rich.console import Console

from autograder.reports.csv import as_name, write_grades
from autograder.reports.page import write_page
from autograder.reports.summary import by_student, class_figures, points, tally, what_happened
from autograder.reports.table import class_table
from autograder.result import (
    Artifact,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)

# Figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [(31.5, "31.5"), (40.0, "40"), (1 / 3, "0.33"), (0.0, "0"), (1e6, "1000000"), (None, "\N{EN DASH}")],
)
def test_points_have_at_most_two_decimals(value: float | None, shown: str) -> None:
    assert points(value) == shown


# What happened


@pytest.mark.parametrize(
    ("submission", "line"),
    [
        (result("s", check("a"), check("b")), "all checks passed"),
        (result("s", check("a"), check("b", "failed")), "failed: b works"),
        (result("s", check("a", "skipped"), check("b", "timeout")), "out of time: b works (+1 more)"),
        (result("s", check("a", "skipped")), "skipped: a works"),
        (result("s", check("a", "not_attempted"), check("b", "failed")), "failed: b works (+1 more)"),
        (result("s", check("a", "skipped"), check("b", "not_attempted")), "not attempted: b works (+1 more)"),
        (result("s", check("a", "not_attempted"), check("b")), "not attempted: a works"),
        (result("s", check("a", "not_attempted"), check("b", "not_attempted")), "nothing was attempted"),
        (result("s", check("a", "failed", title="a\n\x1b[1mworks")), "failed: a works"),
        (result("s"), "no check ran"),
        (waiting("s", "it stopped"), "it stopped"),
        (rejected("s", "no\nfile"), "no file"),
        (rejected("s", ""), "no reason was recorded"),
    ],
)
def test_one_line_says_what_happened(submission: SubmissionResult, line: str) -> None:
    assert what_happened(submission) == line


@pytest.mark.parametrize(
    ("results", "line"),
    [
        ([result("a"), result("b")], "2 graded"),
        ([], "0 graded"),
        ([rejected("a", "why")], "0 graded, 1 rejected"),
        ([result("a"), waiting("b", "why")], "1 graded, 1 needs staff"),
        (
            [rejected("a", "why"), waiting("b", "why"), waiting("c", "why"), result("d")],
            "1 graded, 1 rejected, 2 need staff",
        ),
    ],
)
def test_the_tally_leaves_out_what_did_not_happen(results: list[SubmissionResult], line: str) -> None:
    assert tally(results) == line


def test_students_are_sorted_as_people_do() -> None:
    names = ["s10", "S2", "anna", "", "7", "s2b", "²"]
    assert [entry.student for entry in by_student([result(name) for name in names])] == snapshot(
        ["", "7", "anna", "S2", "s2b", "s10", "²"]
    )


def test_figures_of_a_class() -> None:
    figures = class_figures(CLASS, 10)
    assert (figures.submissions, figures.full) == (4, 1)
    assert figures.mean == pytest.approx(11.5 / 3)
    assert figures.median == 1.5
    assert figures.bins == (1, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    assert figures.statuses == {
        SubmissionStatus.GRADED: 2,
        SubmissionStatus.NEEDS_STAFF: 1,
        SubmissionStatus.REJECTED: 1,
    }


def test_the_hardest_check_comes_first() -> None:
    """Faults of the grader are not in the mean."""
    hard, easy = class_figures(CLASS, 10).checks
    assert (hard.id, hard.passed, hard.partial, hard.failed, hard.others) == (
        "b",
        1,
        0,
        1,
        (("grader fault", 1),),
    )
    assert hard.share == 0.5
    assert hard.total == 3
    assert (easy.id, easy.partial) == ("a", 1)
    assert easy.share == pytest.approx(2.3 / 3)


def test_only_grader_faults_give_no_mean() -> None:
    (figures,) = class_figures([result("s", check("a", "grader_error"))], 10).checks
    assert figures.share is None


def test_an_empty_class_has_no_mean() -> None:
    figures = class_figures([], 10)
    assert (figures.mean, figures.median, figures.bins, figures.checks) == (None, None, (0,) * 10, ())


@pytest.mark.parametrize(
    ("score", "tenth"), [(0, 0), (0.999, 0), (1, 1), (3 * 0.1 * 10, 3), (10, 9), (12, 9), (-1, 0)]
)
def test_each_score_lies_in_its_tenth(score: float, tenth: int) -> None:
    assert class_figures([result("s", score=score)], 10).bins.index(1) == tenth


# Table


def printed(results: list[SubmissionResult]) -> str:
    console = Console(file=io.StringIO(), width=100, color_system="truecolor", force_terminal=True)
    console.print(class_table(results, HOMEWORK))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_the_table_has_a_row_a_student() -> None:
    assert "\n".join(line.rstrip() for line in without_colours(printed(CLASS)).splitlines()) == snapshot("""\
Convolution & <friends>
┏━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ student ┃    score ┃ status      ┃ what happened                    ┃
┡━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ s2      │ 1.5 / 10 │ graded      │ partly passed: a works (+1 more) │
│ s3      │   – / 10 │ needs staff │ the evaluator stopped            │
│ s4      │   0 / 10 │ rejected    │ cnn.py is missing                │
│ s10     │  10 / 10 │ graded      │ all checks passed                │
└─────────┴──────────┴─────────────┴──────────────────────────────────┘\
""")


def test_markup_of_students_is_not_interpreted() -> None:
    """This also holds for escape sequences of the terminal."""
    hostile = "[bold red]x[/] [link=http://x]y[/link] \x1b[2J\x1b]0;z\x07 :smile:"
    text = printed([rejected(hostile, hostile)])
    assert "\x1b[2J" not in text
    assert "\x1b]" not in text
    assert without_colours(text).count("[bold red]x[/] [link=http://x]y[/link]") >= 1
    assert ":smile:" in text


# CSV


def grades(tmp_path: Path, results: list[SubmissionResult]) -> list[list[str]]:
    write_grades(results, HOMEWORK, tmp_path, WHEN)
    return list(csv.reader(io.StringIO((tmp_path / "grades.csv").read_text(encoding="utf-8"))))


def test_a_semicolon_begins_no_cell_of_its_own(tmp_path: Path) -> None:
    """Where spreadsheets separate by semicolons, the rest of the name could be a formula."""
    write_grades([result("a;=1+1|x")], HOMEWORK, tmp_path, WHEN)
    assert '"a;=1+1|x","graded"' in (tmp_path / "grades.csv").read_text()


def test_no_two_names_share_a_cell() -> None:
    assert len({as_name(name) for name in ("-ada", "'-ada", "''-ada")}) == 3


def test_grades_have_a_row_for_each_student(tmp_path: Path) -> None:
    """Each check has a column."""
    write_grades(CLASS, HOMEWORK, tmp_path, WHEN)
    assert (tmp_path / "grades.csv").read_text() == snapshot("""\
student,status,score,max_score,reason,note,a,b
s2,graded,1.5,10,,,1.5,0
s3,needs_staff,,10,the evaluator stopped,,5,
s4,rejected,0,10,cnn.py is missing,,,
s10,graded,10,10,,,5,5
""")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "\x1b[0m=1", "\uff1d1"],
)
def test_formulas_are_text(tmp_path: Path, text: str) -> None:
    header, *rows = grades(tmp_path, [rejected(text, text), result("s", check(text))])
    (row,) = [row for row in rows if row[0] != "s"]
    assert [cell[0] for cell in (row[4], header[-1])] == ["'", "'"]
    assert row[0][0] in "'<"  # what is hidden in a name is spelled out


def test_quotes_and_commas_make_no_new_cells(tmp_path: Path) -> None:
    """Line breaks make none either."""
    rows = grades(tmp_path, [rejected('a,"b"\n=c', 'x","y\r\n=1')])
    assert rows[1] == ['a,"b"<U+000A>=c', "rejected", "0", "10", 'x","y =1', ""]


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    assert grades(tmp_path, [result("s", score=-0.5)])[1][2] == "-0.5"


def test_lone_surrogates_do_not_stop_the_file(tmp_path: Path) -> None:
    assert grades(tmp_path, [rejected("s", "\ud800")])[1][4] == "\ufffd"


def test_an_empty_class_still_has_a_header(tmp_path: Path) -> None:
    assert grades(tmp_path, []) == [["student", "status", "score", "max_score", "reason", "note"]]


# Page


def page(tmp_path: Path, results: list[SubmissionResult], when: datetime = WHEN) -> Page:
    write_page(results, HOMEWORK, tmp_path, when)
    return Page((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_the_page_names_who_needs_staff_first(tmp_path: Path) -> None:
    """It also names the homework, the time and the isolation."""
    text = page(tmp_path, CLASS).text
    assert "Convolution & <friends>" in text
    assert "2026-03-01 12:30 UTC" in text
    assert "Isolation namespaces" in text
    assert "1 submission needs staff" in text
    assert text.index("the evaluator stopped") < text.index("Checks, the hardest first")


def test_the_page_has_figures_and_every_verdict(tmp_path: Path) -> None:
    text = page(tmp_path, CLASS).text
    assert "Submissions 4 2 graded · 1 needs staff · 1 rejected" in text
    assert "Mean 3.83 / 10 38 % of the points" in text
    assert "b works public 5 points · b 1 0 1 1 grader fault 50 %" in text
    assert "✗ failed b works public b 0 / 5 Expected 1. Received: 2" in text
    assert "⚑ grader fault b works" in text


def test_the_page_shows_all_parts_of_a_check(tmp_path: Path) -> None:
    full = check(
        "a",
        "error",
        visibility=Visibility.HIDDEN,
        message="first\n  second",
        hint="Look there.",
        metrics={"loss": 0.123456},
        artifacts=(Artifact("a-samples.png", "Your samples"),),
        detail="Traceback",
    )
    text = page(tmp_path, [result("s", full, seed="5eed", seconds=1.25, cpu_seconds=2)]).text
    for shown in (
        "✗ raised an error a works hidden",
        "Hint Look there.",
        "loss 0.1235",
        "Your samples",
        "Detail for staff Traceback",
        "seed 5eed",
        "1.2 s, 2.0 s of CPU time",
    ):
        assert shown in text
    assert "first\n  second" in (tmp_path / "report.html").read_text()


def test_hostile_text_is_shown_and_not_run(tmp_path: Path) -> None:
    bad = check(
        XSS,
        "failed",
        title=XSS,
        message=XSS,
        hint=XSS,
        detail=XSS,
        metrics={XSS: 1.0},
        artifacts=(Artifact(XSS, XSS),),
    )
    names = {"isolation": XSS, "seed": XSS, "digest": XSS}
    shown = page(tmp_path, [result(XSS, bad, **names), rejected(XSS, XSS), waiting(XSS, XSS)])
    assert (shown.tags["script"], shown.tags["img"]) == (0, 1)
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert shown.text.count("<script>alert(1)</script>") > 15


def test_control_characters_do_not_reach_the_page(tmp_path: Path) -> None:
    bad = "a\x00b\x1b[31mc\x1b[0m\u202ed\ud800"
    page(tmp_path, [result(bad, check(bad, "failed", message=bad, detail=bad, metrics={bad: 1.0}), seed=bad)])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert text.count("abcd\ufffd") >= 8


def test_the_page_loads_only_pictures_beside_it(tmp_path: Path) -> None:
    """Its policy forbids anything else."""
    kept = result("../up ?#", check("a", artifacts=(Artifact("../a.png", "Samples"),)))
    shown = page(tmp_path, [*CLASS, kept])
    assert not shown.tags.keys() & {"script", "link", "iframe", "object", "base", "form"}
    assert [value for name, value in shown.attributes if name == "src"] == [
        "pictures/.._up___-ef9f7291e4b63a13/..%2Fa.png"
    ]
    assert ("loading", "lazy") in shown.attributes
    targets = [value or "" for name, value in shown.attributes if name == "href"]
    assert all(re.fullmatch(r"#[\w-]+|feedback/[\w.-]+\.html", target) for target in targets)
    text = (tmp_path / "report.html").read_text()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
    )
    assert f'"{policy}"' in text
    assert "url(" not in text
    assert "@import" not in text


def test_every_link_has_its_target(tmp_path: Path) -> None:
    attributes = page(tmp_path, CLASS).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    inside = {value[1:] for name, value in attributes if name == "href" and value and value[0] == "#"}
    assert inside <= set(ids)
    assert ("href", "feedback/s2.html") in attributes


def test_an_empty_class_has_a_page(tmp_path: Path) -> None:
    text = page(tmp_path, []).text
    assert "No submission needs staff" in text
    assert "no scores yet" in text


def test_a_homework_without_points_has_a_page(tmp_path: Path) -> None:
    page(tmp_path, [result("s", check("a", max_score=0, score=0), max_score=0)])


def test_several_isolation_tiers_are_counted(tmp_path: Path) -> None:
    results = [result("a"), result("b"), result("c", isolation="landlock"), result("d", isolation="")]
    assert "namespaces (2), landlock (1), not recorded (1)" in page(tmp_path, results).text


def test_the_time_is_told_in_utc(tmp_path: Path) -> None:
    there = WHEN.astimezone(timezone(timedelta(hours=9)))
    assert "2026-03-01 12:30 UTC" in page(tmp_path, [], there).text


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a time with a time zone"):
        page(tmp_path, [], WHEN.replace(tzinfo=None))
