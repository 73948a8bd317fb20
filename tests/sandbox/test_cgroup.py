"""Control groups, on a tree of plain files that looks like the kernel's: no kernel here delegates one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.sandbox import cgroup
from autograder.sandbox.limits import Limits


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A group that was delegated to this process."""
    folder = tmp_path / "user.slice/run-7.scope"
    folder.mkdir(parents=True)
    (folder / "cgroup.controllers").write_text("cpu memory pids\n")
    (folder / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (folder / "cgroup.subtree_control").write_text("")
    (tmp_path / "membership").write_text("1:name=systemd:/\n0::/user.slice/run-7.scope\n")
    return folder


def claim(tree: Path) -> Path | None:
    root = tree.parents[1]
    return cgroup.claim(root, root / "membership")


def test_a_delegated_group_is_claimed(tree: Path) -> None:
    """The process itself moves into a group below the delegated one."""
    assert claim(tree) == tree
    assert (tree / "grader/cgroup.procs").read_text() == str(os.getpid())
    assert (tree / "cgroup.subtree_control").read_text() == "+memory +pids"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("cgroup.procs", f"1\n{os.getpid()}\n"),
        ("cgroup.controllers", "cpu pids\n"),
        ("../../membership", "4:memory:/\n0::/elsewhere\n"),
        ("../../membership", "4:memory:/\n"),
    ],
    ids=["others live in it", "no memory controller", "not there", "version 1 only"],
)
def test_any_other_group_is_left_alone(tree: Path, file: str, content: str) -> None:
    (tree / file).write_text(content)
    assert claim(tree) is None
    assert not (tree / "grader").exists()


def test_a_group_without_controllers_is_released(tree: Path) -> None:
    """A group that cannot enable its controllers for subgroups gets its process back."""
    (tree / "cgroup.subtree_control").unlink()
    (tree / "cgroup.subtree_control").mkdir()
    assert claim(tree) is None
    assert (tree / "cgroup.procs").read_text() == str(os.getpid())


def test_a_job_group_has_its_limits_and_process(tree: Path) -> None:
    handle = os.pidfd_open(os.getpid())
    try:
        with cgroup.job_group(tree, Limits(memory=1000, threads=5)) as group:
            assert group.folder is not None
            group.add(handle)
            found = {path.name: path.read_text() for path in group.folder.iterdir()}
            assert not group.out_of_memory()
            (group.folder / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
            assert group.out_of_memory()
    finally:
        os.close(handle)
    assert found == {
        "memory.max": "1000",
        "memory.swap.max": "0",
        "pids.max": "5",
        "cgroup.procs": str(os.getpid()),
    }


def test_jobs_run_without_a_control_group(tmp_path: Path) -> None:
    for parent in (None, tmp_path / "missing"):
        with cgroup.job_group(parent, Limits()) as group:
            group.add(0)
            assert group.folder is None
            assert not group.out_of_memory()


def test_an_empty_group_is_removed_with_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", lambda *_: 0)  # the kernel's files are no entries that stay
    with cgroup.job_group(tmp_path, Limits()):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
