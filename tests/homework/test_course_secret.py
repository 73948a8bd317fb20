"""The course's secret, from which all seeds come."""

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
