"""What a teaching assistant and a student see, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from gradebook.browser import chromium, jupyter
from gradebook.conftest import Taught
from gradebook.small_course import NAME, REFERENCE, RIGHT


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def formgrader(taught: Taught) -> Iterator[str]:
    with jupyter(taught.school.course, taught.school.root / "formgrader.log") as address:
        yield f"{address}/formgrader"


def open_submission(page: Page, formgrader: str, student: str) -> None:
    """Open a student's submission, as a teaching assistant finds it.

    The page saves nothing that is typed before it has the grades and the comments from the server.
    """
    page.goto(f"{formgrader}/gradebook/{NAME}/{NAME}")
    page.get_by_role("button", name="Show All Names").click()
    page.get_by_role("row").filter(has_text=student).get_by_role("link").first.click()
    page.wait_for_url("**/submissions/**")
    page.wait_for_function("formgrader.grades?.loaded && formgrader.comments?.loaded")


def test_assistants_see_the_grades_of_the_class(page: Page, formgrader: str) -> None:
    page.goto(f"{formgrader}/gradebook/{NAME}/{NAME}")
    page.get_by_role("button", name="Show All Names").click()
    row = page.get_by_role("row").filter(has_text="halves")
    expect(row).to_contain_text("5.5 / 10")
    expect(row).to_contain_text("5.5 / 7")


def test_assistants_see_verdicts_and_pictures(page: Page, formgrader: str) -> None:
    open_submission(page, formgrader, "halves")
    expect(page.locator("span.label-success")).to_have_count(2)
    expect(page.locator("span.label-warning")).to_have_text(["◐ partly passed"])
    expect(page.get_by_text("Odd numbers have halves, too.")).to_be_visible()
    width = page.locator("img[src^='data:image/png']").first.evaluate("picture => picture.naturalWidth")
    assert width > 0


def test_no_student_script_runs_in_the_formgrader(page: Page, formgrader: str) -> None:
    open_submission(page, formgrader, "scripter")
    expect(page.get_by_text("Because")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    page.get_by_text("look", exact=True).click()
    assert page.evaluate("window.hacked") is None


def test_answers_with_a_bad_picture_can_be_graded(page: Page, formgrader: str) -> None:
    open_submission(page, formgrader, "painter")
    cell = page.locator("div.nbgrader_cell").filter(has_text="moving.gif")
    expect(cell.locator("input.score")).to_be_visible()


def test_a_manual_grade_survives_regrading(page: Page, formgrader: str, taught: Taught) -> None:
    """The feedback page shows the grade and the comment."""
    open_submission(page, formgrader, "honest")
    cell = page.locator("div.nbgrader_cell").filter(has_text="Because numbers are like that.")
    score, comment = cell.locator("input.score"), cell.locator("textarea.comment")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.ok):
        score.fill("2")
        score.press("Tab")
    with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.ok):
        comment.fill("Say more about numbers.")
        comment.press("Tab")
    line = exported(taught, "honest")
    assert (line["checks"], line["answers"], line["score"]) == ("7", "2", "9")

    school = taught.school
    school.nbgrader("autograde", NAME, "--force", "--student=honest")
    line = exported(taught, "honest")
    assert (line["checks"], line["answers"], line["score"]) == ("7", "2", "9")

    school.nbgrader("generate_feedback", NAME, "--force", "--student=honest")
    path = school.course / "feedback/honest" / NAME / f"{NAME}.html"
    page.goto(path.as_uri())
    expect(page.get_by_role("heading", name="Score: 9.0 / 10.0")).to_be_visible()
    expect(page.get_by_text("Say more about numbers.")).to_be_visible()
    expect(page.locator("img[src^='data:image/png']").first).to_be_visible()


def test_the_autograde_button_obeys_the_course(page: Page, formgrader: str, taught: Taught) -> None:
    """It grades a submission only where the course is fit for use."""
    stub = taught.school.course / "assignments" / NAME / "maths.py"
    released = stub.read_text()
    stub.write_text(REFERENCE)
    try:
        told = autograde_by_button(page, formgrader, "halves")
        expect(told).to_contain_text("nbgrader_config.py refuses to load", timeout=120_000)
        expect(told).to_contain_text("maths.py is not the stub that is cut from its reference")
        assert not taught.autograded("halves").exists()
    finally:
        stub.write_text(released)
    told = autograde_by_button(page, formgrader, "halves")  # the server is still there
    expect(told).to_contain_text("Successfully autograded", timeout=120_000)
    told.get_by_role("button", name="OK").click()
    expect(page.get_by_role("row").filter(has_text="halves")).to_contain_text("5.5 / 10")
    assert taught.autograded("halves").exists()


def autograde_by_button(page: Page, formgrader: str, student: str) -> Locator:
    """Click on a student's button for autograding; return what tells how it went."""
    page.goto(f"{formgrader}/manage_submissions/{NAME}")
    page.get_by_role("row").filter(has_text=student).locator("td.autograde a").click()
    return page.get_by_role("dialog")


def exported(taught: Taught, student: str) -> dict[str, str]:
    return taught.school.exported()[NAME, student]


def test_students_run_checks_in_jupyterlab(page: Page, taught: Taught, tmp_path: Path) -> None:
    home = taught.school.home("honest")
    folder = home / NAME
    (folder / "maths.py").write_text(RIGHT)
    with jupyter(folder, tmp_path / "lab.log") as address:
        page.goto(f"{address}/lab/tree/{NAME}.ipynb?reset")
        page.add_locator_handler(
            page.get_by_role("dialog"), lambda: page.get_by_role("button", name="Select Kernel").click()
        )
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=120_000)
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        expect(page.get_by_text("2 of 2 public points.")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("double doubles")).to_be_visible()
        expect(
            page.get_by_text("This part has no public checks; 2 hidden checks will decide.")
        ).to_be_visible()
        expect(page.locator(".jp-OutputArea img[src^='data:image/png']")).to_be_visible()
