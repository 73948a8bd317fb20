"""The course's secret, from which all seeds come."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.homework import Course, HomeworkError, course_secret


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first = course_secret(Course(tmp_path))
    path = tmp_path / ".autograder" / "secret"
    assert len(first) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert course_secret(Course(tmp_path)) == first
    for damaged in (b"", b"short\n", b"00" * 31, b"zz" * 32, b"\xff" * 64):
        path.write_bytes(damaged)
        with pytest.raises(HomeworkError, match="expected 64 hexadecimal digits") as caught:
            course_secret(Course(tmp_path))
        assert str(path) in str(caught.value)


def test_starts_at_the_same_time_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: course_secret(Course(tmp_path)), range(8)))
    assert len(found) == 1
    assert [path.name for path in (tmp_path / ".autograder").iterdir()] == ["secret"]


def test_half_a_secret_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a kill before the file is complete."""

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        course_secret(Course(tmp_path))
    monkeypatch.undo()
    assert len(course_secret(Course(tmp_path))) == 32


def test_a_secret_needs_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", forbidden)
    assert course_secret(Course(tmp_path)) == course_secret(Course(tmp_path))
