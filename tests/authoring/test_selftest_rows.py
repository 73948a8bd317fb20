"""What a self-test grades, and how it judges a row: without grading anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_course import FAIL, PASS, SKIP, graded, module, solution, write_tiny_course

from autograder.authoring.proof_page import write_proof_page
from autograder.authoring.selftest import Row, Verdict, _without_chaff
from autograder.authoring.specimens import Kind, Specimen, specimens
from autograder.homework import Course, HomeworkError
from autograder.result import CheckStatus, SubmissionResult, SubmissionStatus


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_tiny_course(tmp_path)


# Specimens


def test_every_known_solution_is_a_specimen(course: Course) -> None:
    """These are the reference, the stub, the wheats and the chaffs."""
    found = {one.name: one for one in specimens(course.homework("dice"))}
    assert list(found) == ["reference", "stub", "wheat-numpy", "chaff-triple", "chaff-unlucky"]
    assert "raise NotImplementedError" in found["stub"].files["dice.py"]
    assert found["chaff-triple"].fails == {"double"}
    assert found["chaff-triple"].title == "Wrong: triples."


def test_a_solution_can_be_a_folder(course: Course) -> None:
    """It has to hold at least one of the declared files."""
    folder = solution(course) / "wheat/other"
    folder.mkdir()
    (folder / "dice.py").write_text(module("Correct: in a folder.", "2 * x", "9.5"))
    assert "wheat-other" in [one.name for one in specimens(course.homework("dice"))]
    (folder / "dice.py").rename(folder / "notes.py")
    with pytest.raises(HomeworkError, match=r"other: expected one of the declared files dice\.py"):
        specimens(course.homework("dice"))


def test_wheats_use_files_of_the_reference(
    course: Course,
) -> None:
    """They replace missing files; those of a chaff count as not handed in."""
    manifest = course.root / "assignments/dice/homework.toml"
    manifest.write_text(manifest.read_text().replace('files = ["dice.py"]', 'files = ["dice.py", "more.py"]'))
    more = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"
    (solution(course) / "more.py").write_text(more)
    found = {one.name: one for one in specimens(course.homework("dice"))}
    assert (found["wheat-numpy"].files["more.py"], found["wheat-numpy"].partial) == (more, False)
    assert (list(found["chaff-triple"].files), found["chaff-triple"].partial) == (["dice.py"], True)


def test_checks_of_a_missing_file_are_skipped() -> None:
    """This holds for a partial solution only; a complete one has to attempt every check."""
    result = graded(FAIL, CheckStatus.NOT_ATTEMPTED)
    for partial, problems in ((True, []), (False, ["luck fails it: message of luck"])):
        row = Row(Specimen("one", Kind.CHAFF, {}, fails=frozenset({"double"}), partial=partial), (result,))
        assert row.problems == problems
        assert [check.id for check in row.told] == ["double", *["luck"] * (not partial)]
    named = Specimen("one", Kind.CHAFF, {}, fails=frozenset({"double", "luck"}), partial=True)
    assert Row(named, (result,)).problems == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"""Wrong: something."""\n', "Received: none"),
        ('"""Wrong: something.\n\nFails: doubles, luck\n"""\n', "Received: doubles"),
        ("x = 1\n", "expected a docstring"),
        ("def f(:\n", "in line 1"),
    ],
)
def test_a_chaff_has_to_name_checks_that_exist(course: Course, text: str, words: str) -> None:
    (solution(course) / "chaff/odd.py").write_text(text)
    with pytest.raises(HomeworkError, match=words):
        specimens(course.homework("dice"))


def test_the_list_of_failures_may_span_lines(course: Course) -> None:
    """It stands in the docstring of a chaff."""
    (solution(course) / "chaff/both.py").write_text(
        module("Wrong: both.\n\nFails: double,\n    luck.\n\nMore words.", "0", "0")
    )
    found = {one.name: one for one in specimens(course.homework("dice"))}
    assert found["chaff-both"].fails == {"double", "luck"}


# How rows are judged


@pytest.mark.parametrize(
    ("kind", "fails", "results", "problems"),
    [
        (Kind.CHAFF, {"double"}, [graded(FAIL, PASS)], []),
        (Kind.CHAFF, {"double"}, [graded(CheckStatus.TIMEOUT, SKIP)], []),
        (Kind.CHAFF, {"double"}, [graded(PASS, PASS)], ["double lets it pass"]),
        (Kind.CHAFF, {"double"}, [graded(FAIL, PASS), graded(PASS, PASS)], ["double lets it pass"]),
        (Kind.CHAFF, {"double"}, [graded(FAIL, FAIL)], ["luck fails it: message of luck"]),
        (
            Kind.CHAFF,
            {"double"},
            [graded(SKIP, FAIL)],
            ["double lets it pass", "luck fails it: message of luck"],
        ),
        (Kind.WHEAT, set(), [graded(PASS, PASS), graded(PASS, PASS)], []),
        (Kind.WHEAT, set(), [graded(PASS, PASS), graded(PASS, FAIL)], ["luck fails it: message of luck"]),
        (Kind.WHEAT, set(), [graded(PASS, SKIP)], ["luck was skipped"]),
        (Kind.WHEAT, set(), [graded(PASS, CheckStatus.PARTIAL)], ["luck fails it: message of luck"]),
        (Kind.STUB, {"double", "luck"}, [graded(FAIL, SKIP)], []),
        (Kind.STUB, {"double", "luck"}, [graded(PASS, SKIP, score=2)], ["got 2 points"]),
    ],
)
def test_a_row_needs_exactly_the_named_failures(
    kind: Kind, fails: Iterable[str], results: list[SubmissionResult], problems: list[str]
) -> None:
    row = Row(Specimen("one", kind, {}, fails=frozenset(fails)), tuple(results))
    assert row.problems == problems


def test_a_declared_miss_is_a_weakness() -> None:
    """It is no problem, and it is told; other misses are problems."""
    specimen = Specimen("one", Kind.WHEAT, {}, may_miss=frozenset({"luck"}))
    row = Row(specimen, (graded(PASS, FAIL), graded(PASS, PASS), graded(PASS, SKIP)))
    assert row.problems == []
    assert row.weaknesses == ["misses luck on 2 of 3 seeds: message of luck"]
    assert Row(specimen, (graded(PASS, PASS),)).weaknesses == []
    assert Row(specimen, (graded(FAIL, PASS),)).problems == ["double fails it: message of double"]
    always = Row(specimen, (graded(PASS, FAIL), graded(PASS, FAIL)))
    assert always.problems == ["luck fails it on every seed: message of luck"]


def test_the_page_names_weaknesses(course: Course, tmp_path: Path) -> None:
    specimen = Specimen("wheat-one", Kind.WHEAT, {}, "Correct.", may_miss=frozenset({"luck"}))
    rows = (Row(specimen, (graded(PASS, FAIL), graded(PASS, PASS))),)
    write_proof_page(
        Verdict(course.homework("dice"), rows, None, (), partial=False, digest=""), tmp_path / "a.md"
    )
    page = (tmp_path / "a.md").read_text()
    words = "**Known weakness:** wheat-one (Correct.) misses luck on 1 of 2 seeds: message of luck\n"
    assert words in page
    assert "| wheat-one | Correct. | 2 | ✓ | ✗ | yes |" in page


def test_a_wheat_may_name_what_it_may_miss(course: Course) -> None:
    path = solution(course) / "wheat/numpy.py"
    path.write_text(path.read_text().replace("with NumPy.", "with NumPy.\n\nMay miss: luck", 1))
    found = {one.name: one for one in specimens(course.homework("dice"))}
    assert found["wheat-numpy"].may_miss == {"luck"}
    assert not found["wheat-numpy"].fails
    path.write_text(path.read_text().replace("miss: luck", "miss: lucky", 1))
    with pytest.raises(HomeworkError, match=r"after 'May miss:'\. Received: lucky"):
        specimens(course.homework("dice"))


def test_a_result_that_needs_staff_is_a_problem() -> None:
    lost = replace(graded(PASS, PASS), status=SubmissionStatus.NEEDS_STAFF, score=None, reason="It broke.")
    assert Row(Specimen("one", Kind.WHEAT, {}), (lost,)).problems == ["needs_staff: It broke."]


def test_a_check_that_no_chaff_fails_is_a_problem(course: Course) -> None:
    rows = [Row(Specimen("chaff-a", Kind.CHAFF, {}, fails=frozenset({"double"})), ())]
    [problem] = _without_chaff(course.homework("dice"), rows)
    assert problem.startswith("luck: no chaff has to fail it")


def test_a_fault_of_a_check_has_its_place(course: Course) -> None:
    """Otherwise an author would have to look for it in the stored results."""
    [reference] = [one for one in specimens(course.homework("dice")) if one.name == "reference"]
    detail = "checks/conftest.py:70: in images\n    return 1 / 0\nE   ZeroDivisionError: division by zero"
    result = graded(CheckStatus.GRADER_ERROR, SKIP)
    checks = (replace(result.checks[0], detail=detail), result.checks[1])
    result = replace(result, status=SubmissionStatus.NEEDS_STAFF, reason="Raised: a.", checks=checks)
    [problem, *_] = Row(reference, (result,)).problems
    assert problem == (
        "needs_staff: Raised: a. ZeroDivisionError: division by zero (checks/conftest.py:70: in images)"
    )
