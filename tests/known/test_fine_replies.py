"""Replies in practice: kept by what their calls can reach."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from fake_runner import InProcessRunner

from autograder.known.fine_replies import anywhere, fine_replies, reach_key
from autograder.practice.own_store import practice_store
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Evaluate, Missing, Raised, Returned, Setup
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.store import Store

TEXT = "def f():\n    return 1\n\n\ndef g():\n    return 2\n\n\ndef bad():\n    raise ValueError\n"
DONE = Ending(EndKind.EXITED, 0, 0.1, 0.1, 0)


def job(function: str, text: str = TEXT, seed: int = 0) -> Job:
    return Job(Setup({"one.py": text}, "one", seed), Limits(), (Call(function, [], {}),))


def jobs_run(tmp_path: Path, *jobs: Job, context: str = "") -> int:
    """How many of the jobs are run, one after the other."""
    runner = InProcessRunner()
    known = fine_replies(runner, Store(tmp_path, bytes(32)), context)
    for one in jobs:
        known.run(one)
    return len(runner.jobs)


def test_an_edit_next_door_runs_nothing(tmp_path: Path) -> None:
    assert jobs_run(tmp_path, job("f"), job("f", TEXT.replace("2", "3")), job("f", f"# new\n{TEXT}")) == 1


def test_an_edit_of_the_function_runs_it(tmp_path: Path) -> None:
    assert jobs_run(tmp_path, job("f"), job("f", TEXT.replace("1", "3"))) == 2


def test_other_seeds_steps_and_contexts_are_run(tmp_path: Path) -> None:
    assert jobs_run(tmp_path, job("f"), job("f", seed=1), job("g")) == 3
    assert jobs_run(tmp_path, job("f"), context="other") == 1


def test_a_line_number_is_kept_for_its_file_only(tmp_path: Path) -> None:
    """The same file again runs nothing; a blank line above moves the line."""
    assert jobs_run(tmp_path, job("bad"), job("bad")) == 1
    assert jobs_run(tmp_path, job("bad", f"\n{TEXT}")) == 1


def test_a_reply_may_name_other_functions(tmp_path: Path) -> None:
    assert jobs_run(tmp_path, job("h"), job("h", TEXT.replace("def g", "def k"))) == 2


def test_stubs_are_kept_without_their_line() -> None:
    stub = Raised(0, "NotImplementedError", "", 12, "f", not_implemented=True)
    kept = anywhere(Reply([Returned(-1), stub], DONE, "a log"))
    assert kept is not None
    assert kept.log == ""
    assert kept.outcomes[1] == Raised(0, "NotImplementedError", "", None, "f", not_implemented=True)


@pytest.mark.parametrize("outcome", [Raised(0, "ValueError", "", 12, "f"), Missing(0, ("g",))])
def test_what_depends_on_the_file_stays_there(outcome: Raised | Missing) -> None:
    assert anywhere(Reply([Returned(-1), outcome], DONE)) is None


def test_evaluators_are_known_by_their_whole_job() -> None:
    evaluation = Job(Evaluate({}, [], None, layers=False), Limits())
    assert reach_key(evaluation) == evaluation.work


def test_the_store_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = practice_store(tmp_path / "cnn")
    assert store is not None
    folder = tmp_path / "cache/autograder/practice"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    store.put("reply", "key", b"content")
    again = practice_store(tmp_path / "cnn")
    assert again is not None
    assert again.get("reply", "key") == b"content"


def test_a_relative_cache_folder_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert practice_store(tmp_path / "cnn") is not None
    assert (tmp_path / ".cache/autograder/practice/secret").exists()


def test_the_store_is_never_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A homework's folder that holds the cache has no store."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cnn/cache"))
    assert practice_store(tmp_path / "cnn") is None
    assert not (tmp_path / "cnn").exists()


@pytest.mark.parametrize("problem", ["file", "open", "secret", "link"])
def test_without_a_usable_store_all_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "autograder/practice"
    folder.parent.mkdir()
    if problem == "file":
        folder.touch()
    elif problem == "link":
        folder.symlink_to(tmp_path)
    else:
        folder.mkdir(mode=0o700)
        (folder / "secret").write_text("no secret")
        folder.chmod(0o755 if problem == "open" else 0o700)
    assert practice_store(tmp_path / "cnn") is None


def test_a_user_without_a_home_has_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert practice_store(tmp_path / "cnn") is None
