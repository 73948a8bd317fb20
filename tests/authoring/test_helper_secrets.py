"""Helper modules of checks: a part of what a self-test proves, and of what must not leak."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_course import HIDDEN, solution, write_tiny_course

from autograder.authoring.leaks import find_leaks
from autograder.authoring.release import release
from autograder.homework import Course, SolvedHomework
from autograder.known.digests import digest_of_homework

LINE = "LARGE = (981, 982, 983)[1] * 17 + OFFSET"


@pytest.fixture
def homework(tmp_path: Path) -> SolvedHomework:
    course: Course = write_tiny_course(tmp_path)
    (solution(course) / "test_hidden.py").write_text(f"import dice_limits\nimport dice_shown\n{HIDDEN}")
    (solution(course) / "dice_limits.py").write_text(f"OFFSET = 1\n{LINE}\n")
    (course.root / "assignments/dice/dice_shown.py").write_text("SHOWN = 1\n")
    release(course.homework("dice"), check=False)
    return course.homework("dice")


@pytest.mark.parametrize("specimens", [True, False])
@pytest.mark.parametrize("name", ["dice_limits.py", "dice_shown.py"])
def test_helpers_are_in_the_digest(homework: SolvedHomework, name: str, specimens: bool) -> None:
    before = digest_of_homework(homework, specimens=specimens)
    [path] = [folder / name for folder in (homework.folder, homework.solution) if (folder / name).exists()]
    path.write_text(path.read_text() + "# changed\n")
    assert digest_of_homework(homework, specimens=specimens) != before


def test_a_tool_is_not_in_the_digest(homework: SolvedHomework) -> None:
    before = digest_of_homework(homework)
    (homework.solution / "draw_dice.py").write_text("import this\n")
    assert digest_of_homework(homework) == before


def test_a_hidden_helper_is_secret(homework: SolvedHomework) -> None:
    assert find_leaks(homework) == []
    (homework.folder / "notes.md").write_text(LINE)
    assert [leak.excerpt for leak in find_leaks(homework)] == [LINE]


def test_helpers_may_share_lines_with_public_ones(homework: SolvedHomework) -> None:
    shown = homework.folder / "dice_shown.py"
    shown.write_text(f"OFFSET = 2\n{LINE}\n")
    assert find_leaks(homework) == []
    (homework.folder / "dice_unused.py").write_text(LINE)
    shown.write_text("")
    assert [leak.path.name for leak in find_leaks(homework)] == ["dice_unused.py"]


def test_a_tools_lines_are_secret(homework: SolvedHomework) -> None:
    (homework.solution / "draw_dice.py").write_text(f"OFFSET = 2\n{LINE.replace('981', '5')}\n")
    (homework.folder / "dice_shown.py").write_text(LINE.replace("981", "5"))
    assert [leak.path.name for leak in find_leaks(homework)] == ["dice_shown.py"]
