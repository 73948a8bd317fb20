"""What bounds disk and threads of a job: the kernel at tier `namespaces`, the watchdog at `landlock`."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from jail_jobs import answer, ask, light_zygote, needs_a_fence, needs_a_jail

from autograder.sandbox.client import EndKind, Zygote
from autograder.sandbox.limits import MEGABYTE, Limits
from autograder.sandbox.tier import Tier


@pytest.fixture(scope="module")
def jailed() -> Iterator[Zygote]:
    with light_zygote() as started:
        yield started


@pytest.fixture(scope="module")
def fenced() -> Iterator[Zygote]:
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


# Sixteen files without name or descriptor, of which one page each stays mapped.
HIDE = """import mmap
    for _ in range(16):
        with open('a', 'wb+', 0) as file:
            file.write(bytes(100_000))
            kept.append(mmap.mmap(file.fileno(), 4096))
        os.unlink('a')"""


@pytest.mark.parametrize(
    "body",
    [
        "for number in range(99): open(f'file{number}', 'wb').write(bytes(1 << 20)); time.sleep(0.01)",
        "for n in range(99): kept.append(open('a', 'wb', 0)); os.unlink('a'); kept[-1].write(bytes(1 << 20))",
        "for number in range(9999): open(f'file{number}', 'wb').write(b'')\n    time.sleep(1)",
        "for number in range(40): os.mkdir('d'); os.chdir('d')\n    time.sleep(1)",
        "os.mkdir('d', 0o300)\n    for n in range(99): open(f'd/{n}', 'wb').write(bytes(1 << 20))",
        "while True: open('file', 'wb').write(bytes(8 << 20))",
        HIDE,
    ],
    ids=["files", "deleted files", "many files", "deep folders", "closed folder", "rewriting", "mapped"],
)
@needs_a_fence
def test_a_job_that_fills_the_disk_is_stopped(fenced: Zygote, body: str) -> None:
    code = f"import os, time\nkept = []\ndef f():\n    {body}\n    time.sleep(1)\n"
    reply = ask(fenced, code, limits=Limits(disk=16 * MEGABYTE, inodes=2000))
    assert reply.ending is not None
    assert reply.ending.kind is EndKind.DISK
    assert not list(Path(fenced._scratch).glob("autograder-*"))


@needs_a_fence
def test_a_job_that_starts_too_many_threads_is_stopped(fenced: Zygote) -> None:
    code = """
import threading, time
def f():
    for _ in range(90):
        threading.Thread(target=time.sleep, args=(60,)).start()
    time.sleep(60)
"""
    reply = ask(fenced, code)
    assert reply.ending is not None
    assert reply.ending.kind is EndKind.THREADS
