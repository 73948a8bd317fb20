"""What a job may use, and how a job that wants more, or that dies, is told from another."""

from __future__ import annotations

import errno
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from jail_jobs import CONFINED, answer, ask, call, light_zygote, raised, returned, worker_job

from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import MEGABYTE, Limits
from autograder.sandbox.process_view import ProcessView
from autograder.sandbox.runner import Ending, EndKind, Reply
from autograder.sandbox.streams import JobStreams
from autograder.sandbox.watchdog import Watchdog


@pytest.fixture(scope="module", params=CONFINED)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with light_zygote(tier=request.param) as started:
        yield started


def ending(reply: Reply) -> Ending:
    assert reply.ending is not None
    return reply.ending


# Time


@pytest.mark.parametrize("ignored", [(), ("SIGTERM", "SIGXCPU", "SIGALRM", "SIGHUP", "SIGINT")])
def test_a_loop_ends_by_its_processor_time(zygote: Zygote, ignored: tuple[str, ...]) -> None:
    code = """
import signal
def f(names):
    for name in names:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    while True:
        pass
"""
    end = ending(ask(zygote, code, list(ignored), limits=Limits(cpu_seconds=1)))
    assert end.kind is EndKind.CPU
    assert 0.8 <= end.cpu_seconds < 4  # the kernel's limit counts ticks, not this exact time


def test_threads_share_the_processor_time(zygote: Zygote) -> None:
    code = """
import threading, hashlib
def f():
    def work():
        while True:
            hashlib.sha256(bytes(1_000_000)).digest()
    for _ in range(4):
        threading.Thread(target=work).start()
    work()
"""
    end = ending(ask(zygote, code, limits=Limits(cpu_seconds=1)))
    assert end.kind is EndKind.CPU
    assert end.cpu_seconds < 4


def test_a_job_that_sleeps_is_stopped_at_the_wall(zygote: Zygote) -> None:
    limits = Limits(cpu_seconds=60, idle_seconds=2)
    end = ending(ask(zygote, "import time\ndef f(): time.sleep(60)", limits=limits))
    assert end.kind is EndKind.IDLE
    assert end.cpu_seconds < 0.9
    assert 2 <= end.wall_seconds < 6


def test_many_short_sleeps_are_stopped_too(zygote: Zygote) -> None:
    """Each is shorter than the limit, and it computes in between: twice the limit in all."""
    code = """
import time
def f():
    while True:
        time.sleep(0.5)
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass
"""
    end = ending(ask(zygote, code, limits=Limits(cpu_seconds=60, idle_seconds=2)))
    assert end.kind is EndKind.IDLE
    assert 4 <= end.wall_seconds < 9


def test_waiting_for_a_core_is_not_idle(zygote: Zygote) -> None:
    """Many programs share the cores: a job takes as long as it must."""
    code = """
import time
def f():
    until = time.process_time() + 1
    while time.process_time() < until:
        pass
    return 1
"""
    spin = "import time\nuntil = time.time() + 60\nwhile time.time() < until: pass"
    cores = len(os.sched_getaffinity(0))
    # Each in a session of its own, or the kernel takes them for one program that shares a core with the job.
    others = [
        subprocess.Popen([sys.executable, "-c", spin], start_new_session=True) for _ in range(6 * cores)
    ]
    try:
        reply = ask(zygote, code, limits=Limits(cpu_seconds=3, idle_seconds=1))
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert returned(reply) == 1
    end = ending(reply)
    assert end.wall_seconds > 4  # longer than without the time in which it waited
    assert end.wall_seconds - end.waited_seconds < 2.5


def test_sleeping_is_not_waiting(zygote: Zygote) -> None:
    end = ending(ask(zygote, "import time\ndef f(): time.sleep(3)"))
    assert end.kind is EndKind.EXITED
    assert 2 < end.wall_seconds - end.waited_seconds < 4


def test_endless_threads_do_not_block_a_job(zygote: Zygote) -> None:
    code = """
import threading
def f():
    threading.Thread(target=threading.Event().wait).start()
    return 1
"""
    reply = ask(zygote, code)
    assert returned(reply) == 1
    assert ending(reply).kind is EndKind.EXITED
    assert ending(reply).wall_seconds < 5


# Memory


def test_growth_beyond_the_limit_is_memory(zygote: Zygote) -> None:
    code = """
import time
def f():
    kept = []
    for _ in range(200):
        kept.append(bytearray(b"x") * 5_000_000)
        time.sleep(0.01)
    time.sleep(60)
"""
    end = ending(ask(zygote, code, limits=Limits(memory=100 * MEGABYTE)))
    assert end.kind is EndKind.MEMORY
    assert end.peak_bytes > 100 * MEGABYTE


def test_memory_that_is_shared_counts_too(zygote: Zygote) -> None:
    code = """
import mmap, time
def f():
    kept = mmap.mmap(-1, 200_000_000)
    for place in range(0, len(kept), 4096):
        kept[place] = 1
    time.sleep(60)
"""
    assert ending(ask(zygote, code, limits=Limits(memory=100 * MEGABYTE))).kind is EndKind.MEMORY


# Leaves its main thread, which alone shows what a process holds, and takes memory in another.
LEADERLESS = """
import ctypes, threading, time
libc = ctypes.CDLL(None)
def f(number, size):
    def work():
        time.sleep(0.2)
        kept = bytearray(b"x") * size
        time.sleep(20)
    threading.Thread(target=work).start()
    libc.syscall(number, 0)
"""
EXIT = {"x86_64": 60, "aarch64": 93}[platform.machine()]


def test_memory_counts_without_the_first_thread(zygote: Zygote) -> None:
    """Memory is measured also when the first thread of the process has ended."""
    end = ending(ask(zygote, LEADERLESS, EXIT, 300 * MEGABYTE, limits=Limits(memory=100 * MEGABYTE)))
    assert end.kind is EndKind.MEMORY
    assert end.peak_bytes > 100 * MEGABYTE


def test_a_job_without_first_thread_is_stopped(zygote: Zygote) -> None:
    end = ending(ask(zygote, LEADERLESS, EXIT, 1))
    assert end.kind is EndKind.UNWATCHED
    assert end.wall_seconds < 5


@pytest.mark.parametrize("name", ["\N{SUPERSCRIPT TWO}", "a\nRssAnon: 1", "\udcff\udcfe"])
def test_a_process_may_have_any_name(zygote: Zygote, name: str) -> None:
    code = """
import ctypes, time
def f(name):
    ctypes.CDLL(None).prctl(15, bytes(name), 0, 0, 0)  # PR_SET_NAME
    time.sleep(0.3)
    return 1
"""
    assert answer(zygote, code, list(os.fsencode(name))) == 1


def test_a_watchdog_error_ends_the_job(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The watchdog itself goes on, and reports the error to staff."""

    def broken(_: object) -> None:
        raise ValueError("provoked")

    monkeypatch.setattr(ProcessView, "memory", broken)
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        handle = os.pidfd_open(process.pid)
        dog = Watchdog(handle, process.pid, -1, Limits(), time.monotonic())
        assert dog.wait() == "unwatched"
        assert process.wait() == -signal.SIGKILL
        os.close(handle)
    assert "provoked" in capsys.readouterr().err


def test_a_far_too_large_array_is_an_exception(zygote: Zygote) -> None:
    reply = ask(zygote, "import numpy\ndef f(): numpy.zeros(10**10)")
    assert raised(reply).out_of_memory
    assert ending(reply).kind is EndKind.EXITED


# Output


def test_a_flood_of_printing_is_stopped_and_named(zygote: Zygote) -> None:
    code = """
import os
def f():
    while True:
        os.write(1, b"x" * 65536)
"""
    reply = ask(zygote, code)
    assert ending(reply).kind is EndKind.FLOOD
    assert len(reply.log) <= 64 << 10


def test_printed_text_is_kept_up_to_a_limit(zygote: Zygote) -> None:
    code = """
import sys
print("while importing")
def f(count):
    print("x" * count, file=sys.stderr)
    print("done")
"""
    assert ask(zygote, code, 3).log.split() == ["xxx", "while", "importing", "done"]
    assert len(ask(zygote, code, 1_000_000).log) == 64 << 10


@pytest.mark.parametrize(
    "noise", ['b"x" * 65536', 'b"\\xff" * 65536', 'b"\\x00" * 65536', 'b"\\x10\\x00\\x00\\x00" * 999']
)
def test_a_flood_of_results_is_malformed(zygote: Zygote, noise: str) -> None:
    reply = ask(zygote, f"import os\ndef f():\n    while True: os.write(4, {noise})")
    assert reply.malformed
    assert ending(reply).kind is EndKind.SIGNAL
    assert [outcome.step for outcome in reply.outcomes] in ([], [-1])


def test_a_flood_of_small_messages_is_malformed(zygote: Zygote) -> None:
    code = """
import os, sys
def f():
    wire = sys.modules["autograder.sandbox.wire"]
    messages = wire.encode({"step": 0, "outcome": "returned", "value": 1}) * 1000
    while True:
        os.write(4, messages)
"""
    reply = ask(zygote, code)
    assert reply.malformed == "a message out of turn"
    assert len(reply.outcomes) == 2


def test_a_result_that_is_too_large_is_malformed(zygote: Zygote) -> None:
    reply = ask(zygote, "import numpy\ndef f(): return numpy.zeros(9_000_000)")
    assert reply.malformed == "a message that announces more than is allowed"


# Ends


@pytest.mark.parametrize("code", [0, 1, 97, 98, 255])
def test_whatever_code_it_exits_with_it_exited(zygote: Zygote, code: int) -> None:
    end = ending(ask(zygote, f"import os\ndef f(): os._exit({code})"))
    assert (end.kind, end.code) == (EndKind.EXITED, code)


@pytest.mark.parametrize(
    "crash",
    ["os.abort()", "ctypes.string_at(0)", "ctypes.memset(1, 0, 1)"],
)
def test_a_crash_is_a_signal(zygote: Zygote, crash: str) -> None:
    reply = ask(zygote, f"import ctypes, os\ndef f(): {crash}")
    assert ending(reply).kind is EndKind.SIGNAL
    assert ending(reply).code < 0
    assert [outcome.step for outcome in reply.outcomes] == [-1]


def test_endless_recursion_is_an_exception(zygote: Zygote) -> None:
    reply = ask(zygote, "def f(): return f()")
    assert raised(reply).kind == "RecursionError"


def test_a_job_after_a_crash_works(zygote: Zygote) -> None:
    for _ in range(3):
        ask(zygote, "import os\ndef f(): os.abort()")
        assert answer(zygote, "def f(): return 7") == 7


# Descriptors, and all limits


def test_open_descriptors_are_limited(zygote: Zygote) -> None:
    code = """
def f():
    kept = []
    try:
        while True:
            kept.append(open("/dev/null"))
    except OSError as error:
        return [len(kept), error.errno]
"""
    opened, error = answer(zygote, code, limits=Limits(open_files=50))
    assert error == errno.EMFILE
    assert opened < 50


def test_limits_cannot_be_raised_again(zygote: Zygote) -> None:
    code = """
import resource
def f():
    refused = []
    for name in ("CPU", "AS", "DATA", "FSIZE", "NOFILE", "CORE"):
        kind = getattr(resource, f"RLIMIT_{name}")
        try:
            resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (OSError, ValueError):
            refused.append(name)
    return len(refused)
"""
    assert answer(zygote, code) == 6


def test_limits_survive_the_way_to_the_jail() -> None:
    limits = Limits(cpu_seconds=3, memory=5, disk=7, idle_seconds=4)
    assert Limits.from_json(limits.to_json()) == limits
    assert limits.most_wall_seconds == 140


def test_only_equal_jobs_have_equal_digests() -> None:
    job = worker_job("def f(): pass", call("f", 1))
    assert job.digest == worker_job("def f(): pass", call("f", 1)).digest
    others = [
        worker_job("def f(): pass", call("f", 2)),
        worker_job("def f(): return 0", call("f", 1)),
        worker_job("def f(): pass", call("f", 1), seed=1),
        worker_job("def f(): pass", call("f", 1), limits=Limits(cpu_seconds=1)),
    ]
    assert len({other.digest for other in [job, *others]}) == 5


def kind_of_end(code: int, seconds: float, *, late: bool = False) -> EndKind:
    """How a job with a limit of 20 seconds ended, by a report of its supervisor that names no limit."""
    streams = JobStreams.__new__(JobStreams)
    streams._report = {
        "exit": code,
        "reason": "",
        "confined": True,
        "cpu_seconds": seconds,
        "wall_seconds": 21.0,
        "peak_bytes": 0,
    }
    streams._killed_for_flood = False
    streams._pace = None
    end = streams._ending(Limits(cpu_seconds=20), late)
    assert end is not None
    return end.kind


@pytest.mark.parametrize(("seconds", "kind"), [(18.86, EndKind.CPU), (12.0, EndKind.SIGNAL)])
def test_a_stop_by_the_kernel_is_out_of_time(seconds: float, kind: EndKind) -> None:
    """The kernel's limit of 20 seconds counts ticks: the exact time may be less."""
    assert kind_of_end(-signal.SIGXCPU, seconds) is kind


@pytest.mark.parametrize(("seconds", "kind"), [(2.0, EndKind.IDLE), (19.0, EndKind.CPU)])
def test_a_kill_by_the_grader_is_a_limit(seconds: float, kind: EndKind) -> None:
    """The grader kills a job whose watchdog does not: that is no crash by signal 9."""
    assert kind_of_end(-signal.SIGKILL, seconds, late=True) is kind
