"""The store of what was computed before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.store import Store

SECRET = bytes(32)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.entry"))


def test_an_entry_is_found_again(tmp_path: Path) -> None:
    Store(tmp_path / "store", SECRET).put("reply", "a", b"content")
    store = Store(tmp_path / "store", SECRET)
    assert store.get("reply", "a") == b"content"
    assert store.get("result", "a") is None
    assert store.get("reply", "b") is None
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0
    assert not store.warnings


@pytest.mark.parametrize(
    "changed",
    [lambda stored: b"?" + stored[1:], lambda stored: stored[:-1], lambda _: b"", lambda _: b"x" * 99],
    ids=["other", "cut", "empty", "foreign"],
)
def test_changed_entries_are_found_and_removed(tmp_path: Path, changed: Callable[[bytes], bytes]) -> None:
    """Other bytes, a cut end, an empty file, and something else."""
    store = Store(tmp_path, SECRET)
    store.put("reply", "a", b"content")
    [path] = entries(tmp_path)
    path.write_bytes(changed(path.read_bytes()))
    assert store.get("reply", "a") is None
    [sentence] = store.warnings
    assert str(path) in sentence
    assert not entries(tmp_path)


def test_an_entry_at_another_place_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, SECRET)
    store.put("result", "ada", b"40 points")
    [hers] = entries(tmp_path)
    store.put("result", "bob", b"3 points")
    [his] = [path for path in entries(tmp_path) if path != hers]
    his.write_bytes(hers.read_bytes())
    assert store.get("result", "bob") is None
    assert store.get("result", "ada") == b"40 points"


def test_an_unwritable_store_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    store = Store(tmp_path / "store", SECRET)
    for key in ("a", "b"):
        store.put("reply", key, b"content")
    [sentence] = store.warnings
    assert "is not kept for the next run" in sentence


WRITES = """
import random, sys
from pathlib import Path
from autograder.store import Store
draw, store = random.Random(int(sys.argv[2])), Store(Path(sys.argv[1]), bytes(32), 40_000)
for _ in range(400):
    key = str(draw.randrange(60))
    content = store.get("reply", key)
    assert content in (None, key.encode() * 300), key
    store.put("reply", key, key.encode() * 300)
store.trim()
print(store.warnings)
"""


def test_processes_may_use_one_store_at_a_time(tmp_path: Path) -> None:
    """They write the same entries, and remove the oldest, while the others read."""
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    processes = [
        subprocess.Popen([*command, str(seed)], stdout=subprocess.PIPE, text=True) for seed in range(3)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert outputs == ["[]\n"] * 3
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.*")) <= 40_000


def test_another_secret_reads_nothing(tmp_path: Path) -> None:
    Store(tmp_path, SECRET).put("reply", "a", b"content")
    assert Store(tmp_path, b"1" * 32).get("reply", "a") is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", SECRET)
    store.put("reply", "a", b"content")
    [path] = entries(tmp_path / "store")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert store.get("reply", "a") is None
    assert store.warnings
    assert not path.is_symlink()


def test_a_used_entry_stays(tmp_path: Path) -> None:
    """What was read lately is kept; what was not is removed."""
    store = Store(tmp_path, SECRET, most_bytes=4000)
    for number in range(17):
        store.put("reply", str(number), bytes(200))
    for path in entries(tmp_path):
        os.utime(path, (1, 1))
    assert store.get("reply", "0") is not None
    store.put("reply", "new", bytes(200))
    store.trim()
    assert store.get("reply", "0") is not None
    assert store.get("reply", "new") is not None
    assert len(entries(tmp_path)) * 232 <= 4000


def test_a_large_entry_is_not_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, SECRET, most_bytes=1600)
    store.put("reply", "a", bytes(101))
    assert store.get("reply", "a") is None


def test_a_store_that_cannot_be_written_is_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "store", SECRET)
    store.put("reply", "a", b"content")
    assert store.get("reply", "a") is None


def test_a_huge_entry_is_not_read(tmp_path: Path) -> None:
    store = Store(tmp_path, SECRET, 1000)
    store.put("reply", "a", b"content")
    [path] = entries(tmp_path)
    os.truncate(path, 1 << 40)  # a file of holes
    assert store.get("reply", "a") is None
    assert str(path) in store.warnings[0]
    assert not entries(tmp_path)


def test_a_folder_in_place_of_an_entry_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path, SECRET)
    store.put("reply", "a", b"content")
    [path] = entries(tmp_path)
    path.unlink()
    (path / "more").mkdir(parents=True)
    assert store.get("reply", "a") is None
    assert len(store.warnings) == 1
    store.put("reply", "a", b"content")
    assert store.get("reply", "a") == b"content"


def test_what_a_killed_process_wrote_is_removed(tmp_path: Path) -> None:
    """After an hour: until then it may be written."""
    store = Store(tmp_path, SECRET)
    store.put("reply", "a", b"content")
    [path] = entries(tmp_path)
    old, new = (path.with_name(f".{path.name}.{number}.tmp") for number in (1, 2))
    for each in (old, new):
        each.write_bytes(b"half")
    os.utime(old, (1, 1))
    store.trim()
    assert (old.exists(), new.exists(), path.exists()) == (False, True, True)
