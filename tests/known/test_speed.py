"""The measure of a machine."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest

from autograder.known import speed
from autograder.known.speed import machine_measure, measure_now, usual_measure


def test_the_measure_is_a_time() -> None:
    assert 0.001 < measure_now() < 5
    assert machine_measure() == machine_measure()


def usual(folder: Path, monkeypatch: pytest.MonkeyPatch, *measures: float) -> list[float]:
    found = []
    for measure in measures:
        monkeypatch.setattr(speed, "machine_measure", lambda measure=measure: measure)
        usual_measure.cache_clear()  # as in a new process
        found.append(usual_measure(folder))
    return found


def test_the_larger_of_now_and_usual_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert usual(tmp_path, monkeypatch, 2.0, 2.0, 2.0, 1.0, 5.0) == [2.0, 2.0, 2.0, 2.0, 5.0]


def test_each_machine_has_its_own_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A course's folder may be on a disk that several machines share."""
    usual(tmp_path, monkeypatch, 2.0)
    monkeypatch.setattr(platform, "node", lambda: "other")
    assert usual(tmp_path, monkeypatch, 1.0) == [1.0]
    kept = json.loads((tmp_path / "machines.json").read_text())
    assert sorted(kept.values()) == [[1.0], [2.0]]


def test_a_process_adds_one_measure(tmp_path: Path) -> None:
    assert usual_measure(tmp_path) == usual_measure(tmp_path) == machine_measure()
    assert json.loads((tmp_path / "machines.json").read_text()) == {platform.node(): [machine_measure()]}


def test_few_measures_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert usual(tmp_path, monkeypatch, *[9.0] * 9, *[1.0] * 9)[-1] == 1.0


def test_what_a_killed_run_was_writing_is_removed(tmp_path: Path) -> None:
    old, new = (tmp_path / f".machines.json.{number}.tmp" for number in (1, 2))
    for path in (old, new):
        path.write_text("{")
    os.utime(old, (1, 1))
    usual_measure(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"NODE": 3}', '{"NODE": ["x"]}', '{"NODE": [-1, null]}']
)
def test_a_damaged_file_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (tmp_path / "machines.json").write_text(content.replace("NODE", platform.node()))
    assert usual(tmp_path, monkeypatch, 2.0, 1.0) == [2.0, 1.5]


def test_a_missing_folder_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert usual(tmp_path / "none", monkeypatch, 2.0) == [2.0]
