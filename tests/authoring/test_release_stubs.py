"""Making the released folder from the solution."""

import os
import stat
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from autograder.authoring.release import release
from autograder.authoring.stubs import StubError
from autograder.homework import HomeworkError, SolvedHomework, load_homework

REFERENCE = '''\
def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    return x + x + 0 * x
    ### END SOLUTION
'''
STUB = '''\
def double(x):
    """Return twice x."""
    raise NotImplementedError
'''
MANIFEST = """\
name = "numbers"
title = "Numbers"
dataset = "digits"
max_score = 4
files = ["one.py", "two.py"]
checks = ["step"]
"""


@pytest.fixture
def homework(tmp_path: Path) -> SolvedHomework:
    folder = tmp_path / "assignments" / "numbers"
    solution = tmp_path / "solutions" / "numbers"
    folder.mkdir(parents=True)
    solution.mkdir(parents=True)
    (folder / "homework.toml").write_text(MANIFEST)
    for name in ("one.py", "two.py"):
        (solution / name).write_text(REFERENCE)
    return SolvedHomework.of(load_homework(folder), solution)


def reference(homework: SolvedHomework, name: str) -> Path:
    return homework.solution / name


def test_stubs_are_written_only_once(homework: SolvedHomework) -> None:
    """The second release finds them up to date."""
    stubs = (homework.folder / "one.py", homework.folder / "two.py")
    report = release(homework, check=False)
    assert report.ok
    assert report.written == stubs
    assert [path.read_text() for path in stubs] == [STUB, STUB]
    assert release(homework, check=False).written == ()


def test_only_stubs_that_changed_are_written(homework: SolvedHomework) -> None:
    release(homework, check=False)
    reference(homework, "two.py").write_text(REFERENCE.replace("twice x", "2 x"))
    assert release(homework, check=False).written == (homework.folder / "two.py",)


def test_others_can_read_the_stub(homework: SolvedHomework) -> None:
    release(homework, check=False)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((homework.folder / "one.py").stat().st_mode) == 0o666 & ~mask


def test_a_check_of_the_release_writes_nothing(homework: SolvedHomework) -> None:
    """The report shows the difference to each released stub."""
    released = homework.folder / "one.py"
    released.write_text(STUB.replace("twice x", "x"))
    report = release(homework, check=True)
    assert not report.ok
    assert report.written == ()
    assert [outdated.path.name for outdated in report.outdated] == ["one.py", "two.py"]
    assert sorted(path.name for path in homework.folder.iterdir()) == ["homework.toml", "one.py"]
    assert released.read_text() == STUB.replace("twice x", "x")
    assert report.outdated[0].diff == snapshot('''\
--- one.py (released)
+++ one.py (as it should be)
@@ -1,3 +1,3 @@
 def double(x):
-    """Return x."""
+    """Return twice x."""
     raise NotImplementedError\
''')
    assert report.outdated[1].diff.startswith("--- two.py (missing)\n")


def test_checking_up_to_date_stubs_is_fine(homework: SolvedHomework) -> None:
    release(homework, check=False)
    assert release(homework, check=True).ok


def test_a_stub_with_other_line_ends_is_outdated(homework: SolvedHomework) -> None:
    release(homework, check=False)
    (homework.folder / "one.py").write_bytes(STUB.replace("\n", "\r\n").encode())
    assert [outdated.path.name for outdated in release(homework, check=True).outdated] == ["one.py"]


@pytest.mark.parametrize("check", [False, True])
def test_a_leak_anywhere_in_the_folder_is_not_ok(homework: SolvedHomework, check: bool) -> None:
    release(homework, check=False)
    (homework.folder / "README.md").write_text("Try `return x + x + 0 * x`.\n")
    report = release(homework, check=check)
    assert not report.ok
    assert [(leak.path.name, leak.where) for leak in report.leaks] == [("README.md", "line 1")]


def test_a_stub_replaces_a_released_solution(homework: SolvedHomework) -> None:
    (homework.folder / "one.py").write_text(REFERENCE)
    assert len(release(homework, check=True).leaks) == 3
    assert release(homework, check=False).ok


def test_a_stub_replaces_a_link_not_its_target(homework: SolvedHomework) -> None:
    (homework.folder / "one.py").symlink_to(reference(homework, "one.py"))
    assert release(homework, check=False).ok
    assert reference(homework, "one.py").read_text() == REFERENCE
    assert not (homework.folder / "one.py").is_symlink()


def test_one_invalid_reference_stops_all_writing(homework: SolvedHomework) -> None:
    """The first file is fine, and its stub is not written either."""
    reference(homework, "two.py").write_text("def double(x):\n    return 2 * x\n")
    with pytest.raises(StubError, match=r"two\.py, line 1: no solution region"):
        release(homework, check=False)
    assert not (homework.folder / "one.py").exists()


def test_a_failed_write_leaves_the_old_stub(
    homework: SolvedHomework, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No temporary file stays behind."""

    def refuse(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    (homework.folder / "one.py").write_text("old")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        release(homework, check=False)
    assert (homework.folder / "one.py").read_text() == "old"
    assert sorted(path.name for path in homework.folder.iterdir()) == ["homework.toml", "one.py"]


def test_missing_references_are_named(homework: SolvedHomework) -> None:
    reference(homework, "one.py").unlink()
    with pytest.raises(HomeworkError, match=r"Expected the reference .*one\.py"):
        release(homework, check=True)


def test_a_reference_that_is_not_utf8_is_refused(homework: SolvedHomework) -> None:
    reference(homework, "one.py").write_bytes(REFERENCE.replace("twice", "caf\xe9").encode("latin-1"))
    with pytest.raises(StubError, match="Save it as UTF-8"):
        release(homework, check=True)
