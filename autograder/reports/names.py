"""Students' names in reports, and what staff are told about names that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from autograder.untrusted import LONGEST_NAME, look_alikes, spelled_out

_MOST: Final = 5


def shown_name(student: str) -> str:
    """Return a student's name as people read it: whole, and with nothing hidden in it."""
    return spelled_out(student, LONGEST_NAME)


def look_alike_notes(students: Iterable[str]) -> dict[str, str]:
    """Return a sentence about each student whose name looks like somebody else's.

    It is a warning for staff. Neither status nor score depends on it, so nobody can hold up somebody else's
    grade by choosing a name.

    Args:
        students: the names of a class.
    """
    notes = {}
    for group in look_alikes(students):
        for student in group:
            others = [other for other in group[: _MOST + 1] if other != student][:_MOST]
            notes[student] = f"The name looks like {_joined(others, len(group) - 1)}."
    return notes


def look_alike_lines(students: Iterable[str]) -> list[str]:
    """Return a line for each group of students whose names look alike: the names."""
    return [_joined(group[:_MOST], len(group)) for group in look_alikes(students)]


def _joined(first: Sequence[str], count: int) -> str:
    """Join the first names, and say how many more there are."""
    more = f" and {count - len(first)} more" if count > len(first) else ""
    return ", ".join(map(shown_name, first)) + more
