"""Students' names in reports, and the warnings for staff about names that look alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from autograder.untrusted import LONGEST_NAME, look_alikes, spelled_out

_MOST: Final = 5


def shown_name(student: str) -> str:
    """Return a student's name for people: never shortened, and with invisible characters spelled out."""
    return spelled_out(student, LONGEST_NAME)


def look_alike_notes(students: Iterable[str]) -> dict[str, str]:
    """Return a warning for each student whose name looks like another student's name.

    The warning is for staff only. It changes neither status nor score, so a student cannot block another
    student's grade by choosing a similar name.

    Args:
        students: the names of a class.

    Returns:
        Name → sentence; names without a warning are absent.
    """
    notes = {}
    for group in look_alikes(students):
        for student in group:
            others = [other for other in group[: _MOST + 1] if other != student][:_MOST]
            notes[student] = f"The name looks like {_joined(others, len(group) - 1)}."
    return notes


def look_alike_lines(students: Iterable[str]) -> list[str]:
    """Return one line with the names for each group of students whose names look alike.

    Args:
        students: the names of a class.
    """
    return [_joined(group[:_MOST], len(group)) for group in look_alikes(students)]


def _joined(first: Sequence[str], count: int) -> str:
    """Join the first names of a group, and add how many more the group has.

    ``count`` is the number of names in the whole group.
    """
    more = f" and {count - len(first)} more" if count > len(first) else ""
    return ", ".join(map(shown_name, first)) + more
