"""What bounds disk and threads of a job: the kernel at tier `namespaces`, the watchdog at `landlock`."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from jail_jobs import answer, ask, light_zygote, needs_a_jail, needs_landlock

from autograder.sandbox import watchdog
from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import MEGABYTE, Limits
from autograder.sandbox.runner import EndKind
from autograder.sandbox.tier import Tier


@pytest.fixture(scope="module")
def jailed() -> Iterator[Zygote]:
    with light_zygote() as started:
        yield started


@pytest.fixture(scope="module")
def landlocked() -> Iterator[Zygote]:
    with light_zygote(tier=Tier.LANDLOCK) as started:
        yield started


# The kernel


@needs_a_jail
def test_a_thread_bomb_stops_at_the_limit(jailed: Zygote) -> None:
    code = """
import threading
def f():
    never, count = threading.Event(), 1
    while True:
        try:
            threading.Thread(target=never.wait, daemon=True).start()
        except RuntimeError:
            return count
        count += 1
"""
    for _ in range(2):  # a job's threads do not count against the next one's
        assert 15 < answer(jailed, code, limits=Limits(threads=20)) <= 20


FILL = """
def f(size, count):
    written = 0
    try:
        for number in range(count):
            with open(f"file{number}", "wb", buffering=0) as file:
                written += file.write(bytes(size))
    except OSError as error:
        return [written, number, error.errno]
"""


@needs_a_jail
def test_the_scratch_folder_has_a_size(jailed: Zygote) -> None:
    limits = Limits(disk=2 * MEGABYTE)
    for _ in range(2):
        written, _, error = answer(jailed, FILL, MEGABYTE // 8, 100, limits=limits)
        assert error == errno.ENOSPC
        assert MEGABYTE < written <= 2 * MEGABYTE


@needs_a_jail
def test_the_scratch_folder_has_a_number_of_files(jailed: Zygote) -> None:
    _, files, error = answer(jailed, FILL, 0, 100, limits=Limits(inodes=20))
    assert error == errno.ENOSPC
    assert 10 < files < 20


# The watchdog


# Sixteen files without name or descriptor, of which one page each stays mapped. Python's own `mmap` would
# keep a descriptor.
HIDE = """import ctypes
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    for _ in range(16):
        with open(NAME, 'wb+', 0) as file:
            file.write(bytes(100_000))
            libc.mmap(None, ctypes.c_size_t(4096), 1, 1, file.fileno(), ctypes.c_long(0))
        os.unlink(NAME)"""
# Names with what Unicode takes for the end of a line, right before the path that is looked for.
SPLIT = """os.makedirs('\\u2028' + os.getcwd())
    os.chdir('\\u2028' + os.getcwd())
    """


@pytest.mark.parametrize(
    "body",
    [
        "for number in range(99): open(f'file{number}', 'wb').write(bytes(1 << 20)); time.sleep(0.01)",
        "for n in range(99): kept.append(open('a', 'wb', 0)); os.unlink('a'); kept[-1].write(bytes(1 << 20))",
        "for number in range(9999): open(f'file{number}', 'wb').write(b'')\n    time.sleep(1)",
        "for number in range(40): os.mkdir('d'); os.chdir('d')\n    time.sleep(1)",
        "os.mkdir('d', 0o300)\n    for n in range(99): open(f'd/{n}', 'wb').write(bytes(1 << 20))",
        "while True: open('file', 'wb').write(bytes(8 << 20))",
        HIDE.replace("NAME", "'a'"),
        HIDE.replace("NAME", "'\\u2028a'"),
        SPLIT + HIDE.replace("NAME", "'a'"),
    ],
    ids=[
        *("files", "deleted files", "many files", "deep folders", "closed folder", "rewriting", "mapped"),
        *("mapped by odd names", "mapped in an odd folder"),
    ],
)
@needs_landlock
def test_a_job_that_fills_the_disk_is_stopped(landlocked: Zygote, body: str) -> None:
    code = f"import os, time\nkept = []\ndef f():\n    {body}\n    time.sleep(1)\n"
    reply = ask(landlocked, code, limits=Limits(disk=16 * MEGABYTE, inodes=2000))
    assert reply.ending is not None
    assert reply.ending.kind is EndKind.DISK
    assert not list(Path(landlocked._scratch).glob("autograder-*"))


@needs_landlock
def test_making_and_removing_folders_is_allowed(landlocked: Zygote) -> None:
    """A job that makes and removes hundreds of folders for two seconds is not stopped."""
    code = """
import os, shutil, time
def f():
    end, count = time.monotonic() + 2, 0
    while time.monotonic() < end:
        for number in range(100):
            os.makedirs(f"work/{number}")
        shutil.rmtree("work")
        count += 1
    return count
"""
    assert answer(landlocked, code) > 3


def test_a_folder_replaced_in_a_scan_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder is deleted, or becomes a link, while the watchdog measures the scratch folder."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "large").mkdir(parents=True)
    scratch = tmp_path / "scratch"
    for name in ("gone", "link", "stays"):
        (scratch / name).mkdir(parents=True)
    (scratch / "stays/file").write_bytes(bytes(10_000))
    honest = watchdog._entries

    def change(path: str, *, below: bool) -> Iterator[tuple[int, str | None]]:
        if path.endswith("gone"):
            (scratch / "gone").rmdir()
        elif path.endswith("link"):
            (scratch / "link").rmdir()
            (scratch / "link").symlink_to(elsewhere)
        return honest(path, below=below)

    monkeypatch.setattr(watchdog, "_entries", change)
    assert len(list(watchdog._sizes(str(scratch), 99))) == 4
    with pytest.raises(FileNotFoundError):
        list(watchdog._sizes(str(tmp_path / "nowhere"), 99))


@needs_landlock
def test_a_thread_with_own_descriptors_is_refused(landlocked: Zygote) -> None:
    """Only the descriptors that all threads share are watched for deleted files."""
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
def f(flags):
    top = libc.mmap(None, ctypes.c_size_t(1 << 16), 3, 0x22, -1, ctypes.c_long(0)) + (1 << 16)
    thread = libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(top), flags, None)
    return ctypes.get_errno() if thread < 0 else 0
"""
    like_a_library, files = 0x0001_0000 | 0x800 | 0x100, 0x400  # CLONE_THREAD, _SIGHAND, _VM; CLONE_FILES
    assert answer(landlocked, code, like_a_library) == errno.EPERM
    assert answer(landlocked, code, like_a_library | files) == 0


@needs_landlock
def test_a_job_with_too_many_threads_is_stopped(landlocked: Zygote) -> None:
    code = """
import threading, time
def f():
    for _ in range(90):
        threading.Thread(target=time.sleep, args=(60,)).start()
    time.sleep(60)
"""
    reply = ask(landlocked, code)
    assert reply.ending is not None
    assert reply.ending.kind is EndKind.THREADS
