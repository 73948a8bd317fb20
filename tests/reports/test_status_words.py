"""A status reads the same in `autograder check`, a notebook, the feedback and the class's page."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from autograder.cli._verdicts import verdict_table
from autograder.homework import Homework, HomeworkLimits
from autograder.notebook import Verdicts
from autograder.reports.feedback import feedback_page
from autograder.reports.page import write_page
from autograder.reports.table import class_table
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility

HOMEWORK = Homework("toy", "Toy", "digits", ("toy.py",), 2, ("a",), HomeworkLimits(), Path("toy"))
WHEN = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = {
    CheckStatus.PASSED: "passed",
    CheckStatus.PARTIAL: "partly passed",
    CheckStatus.FAILED: "failed",
    CheckStatus.NOT_ATTEMPTED: "not attempted",
    CheckStatus.ERROR: "raised an error",
    CheckStatus.TIMEOUT: "out of time",
    CheckStatus.OUT_OF_MEMORY: "out of memory",
    CheckStatus.CRASHED: "crashed",
    CheckStatus.REFUSED: "refused",
    CheckStatus.SKIPPED: "skipped",
    CheckStatus.GRADER_ERROR: "grader fault",
}


def submitted(status: CheckStatus) -> SubmissionResult:
    checks = (CheckResult("a", "Title", Visibility.PUBLIC, 0, 2, status),)
    return SubmissionResult("ada", "toy", "", SubmissionStatus.GRADED, 0, 2, checks=checks)


def printed(table: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def check(result: SubmissionResult, _: Path) -> str:
    return printed(verdict_table(list(result.checks)))


def notebook(result: SubmissionResult, _: Path) -> str:
    return repr(Verdicts(result.checks))


def notebook_html(result: SubmissionResult, _: Path) -> str:
    return Verdicts(result.checks)._repr_html_()


def feedback(result: SubmissionResult, _: Path) -> str:
    return feedback_page(result, HOMEWORK, {}, WHEN)


def report(result: SubmissionResult, out: Path) -> str:
    write_page([result], HOMEWORK, out, WHEN)
    return (out / "report.html").read_text()


@pytest.mark.parametrize("show", [check, notebook, notebook_html, feedback, report])
@pytest.mark.parametrize("status", CheckStatus)
def test_a_status_has_one_word_everywhere(
    tmp_path: Path, status: CheckStatus, show: Callable[[SubmissionResult, Path], str]
) -> None:
    shown = show(submitted(status), tmp_path).split("</style>")[-1]
    assert WORDS[status] in shown
    if status.value not in WORDS[status]:
        assert status.value not in shown


@pytest.mark.parametrize("status", SubmissionStatus)
def test_the_table_of_a_class_has_words(status: SubmissionStatus) -> None:
    words = {"graded": "graded", "needs_staff": "needs staff", "rejected": "rejected"}
    waiting = status is SubmissionStatus.NEEDS_STAFF
    result = SubmissionResult("ada", "toy", "", status, None if waiting else 0, 2, reason="It broke.")
    assert f" {words[status]} " in printed(class_table([result], HOMEWORK))


def test_the_console_shows_no_control_characters() -> None:
    """A check may quote in a message what a student's code returned."""
    hostile = "\x1b]0;owned\x07 hello \x1b[31m\u202e"
    result = CheckResult("a", "Title", Visibility.PUBLIC, 0, 2, CheckStatus.FAILED, hostile, hint=hostile)
    shown = printed(verdict_table([result]))
    assert "hello" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
