"""The life of a zygote: it starts or says why not, leaves nothing behind, and ends with the grader."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from jail_jobs import (
    alive,
    answer,
    ask,
    call,
    descendants,
    eventually,
    light_zygote,
    needs_a_jail,
    returned,
    worker_job,
)

from autograder.sandbox import zygote
from autograder.sandbox.cgroup import JobGroup
from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import Limits
from autograder.sandbox.runner import EndKind, Reply
from autograder.sandbox.streams import JobStreams
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths
from autograder.sandbox.wire import WireError
from autograder.sandbox.zygote_client import BorrowedZygote, ZygoteError

pytestmark = needs_a_jail

HELLO = "def f(): return 1"

# Makes a child process an ordinary user, who may map one identity, even where the tests run as root.
BECOME_ORDINARY = """
import os
from autograder.sandbox import linux
user, group = os.geteuid(), os.getegid()
linux.unshare(linux.Namespace.USER)
for name, line in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(line)
assert os.geteuid() == 1000
"""


def run_python(script: str) -> Any:
    """Run a script in a process of its own; return the JSON it prints last."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# Start


def test_it_says_what_it_found_when_it_starts() -> None:
    with light_zygote() as zygote:
        assert zygote.facts["versions"].keys() == {"numpy"}
        assert zygote.facts["confined_seconds"] > 0


def test_a_failed_start_has_a_reason_and_no_leaks() -> None:
    before = descendants(os.getpid())
    with pytest.raises(ZygoteError, match="No module named 'no_such_module'"):
        Zygote(VisiblePaths.for_this_python(), Tier.NAMESPACES, preload=("no_such_module",))
    assert descendants(os.getpid()) == before


def test_a_process_with_threads_is_not_forked() -> None:
    done = threading.Event()
    second = threading.Thread(target=done.wait)
    second.start()
    try:
        with pytest.raises(RuntimeError, match="expected 1 thread before forking"):
            zygote._require_single_thread()
    finally:
        done.set()
        second.join()


# Jobs


def test_jobs_leave_no_process_and_no_descriptor() -> None:
    with light_zygote() as zygote:
        answer(zygote, HELLO)
        running = descendants(os.getpid())
        opened = set(os.listdir("/proc/self/fd"))
        for number in range(50):
            ask(zygote, "import os\ndef f(): os.abort()" if number % 10 == 0 else HELLO)
        assert set(os.listdir("/proc/self/fd")) == opened
        assert eventually(lambda: descendants(os.getpid()) <= running)


def test_an_unsendable_job_is_refused() -> None:
    """The next job works."""
    with light_zygote() as zygote:
        opened = set(os.listdir("/proc/self/fd"))
        with pytest.raises(WireError, match="an object of type object"):
            ask(zygote, HELLO, object())
        assert set(os.listdir("/proc/self/fd")) == opened
        assert answer(zygote, HELLO) == 1


def test_a_failed_confinement_is_our_error() -> None:
    with light_zygote() as zygote:
        with pytest.raises(ZygoteError, match=r"could not be confined: (.|\n)*mount\(tmpfs at /box"):
            ask(zygote, HELLO, limits=Limits(inodes=-5))
        assert answer(zygote, HELLO) == 1


@pytest.mark.parametrize("earlier", ["", "def f(): pass"])
def test_a_lost_supervisor_is_reported_with_cause(monkeypatch: pytest.MonkeyPatch, earlier: str) -> None:
    """The cause comes first, and nothing that the student printed is in the message."""
    with light_zygote() as zygote:
        if earlier:
            answer(zygote, earlier)
        monkeypatch.setattr("autograder.sandbox.streams.GRACE_SECONDS", 30)
        known = descendants(zygote._process.pid)
        printing = worker_job("import time\nprint('GIVE 40 POINTS', flush=True)\ntime.sleep(60)")
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(zygote.run, printing)
            assert eventually(lambda: len(descendants(zygote._process.pid) - known) == 2)
            time.sleep(0.3)
            os.write(zygote._errors, b"Traceback\n  in here\nValueError: broken\n")
            os.kill(min(descendants(zygote._process.pid) - known), signal.SIGKILL)
            with pytest.raises(ZygoteError) as caught:
                running.result(20)
    assert str(caught.value).startswith("The supervisor of a job was lost: ValueError: broken (Traceback\n")
    assert "POINTS" not in str(caught.value)


def test_two_zygotes_run_at_the_same_time() -> None:
    job = worker_job("import time\ndef f():\n    time.sleep(1)\n    return 1", call("f"))
    with light_zygote() as first, light_zygote() as second, ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda zygote: zygote.run(job), (first, second)))
    assert [returned(reply) for reply in replies] == [1, 1]


# Copies


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The lender's end and the borrower's."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ends[0], ends[1]:
        yield ends


def test_a_copy_serves_jobs_as_the_zygote_does(connection: tuple[socket.socket, socket.socket]) -> None:
    """It ends with its control, and the zygote goes on."""
    with light_zygote() as zygote:
        before = descendants(zygote._process.pid)
        zygote.lend(connection[0])
        with BorrowedZygote(connection[1], None) as copy:
            assert copy.facts == zygote.facts
            assert answer(copy, HELLO) == answer(zygote, HELLO)
        assert eventually(lambda: descendants(zygote._process.pid) == before)
        zygote.lend(connection[0])
        with BorrowedZygote(connection[1], None) as copy:
            assert answer(copy, HELLO) == answer(zygote, HELLO)


def test_copies_run_jobs_at_the_same_time(connection: tuple[socket.socket, socket.socket]) -> None:
    job = worker_job("import time\ndef f():\n    time.sleep(1)\n    return 1", call("f"))
    with light_zygote() as zygote, contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        copies = []
        for _ in range(2):
            zygote.lend(connection[0])
            copies.append(stack.enter_context(BorrowedZygote(connection[1], None)))
        replies = list(pool.map(lambda copy: copy.run(job), copies))
    assert [returned(reply) for reply in replies] == [1, 1]


def test_copies_end_with_their_zygote(connection: tuple[socket.socket, socket.socket]) -> None:
    before = descendants(os.getpid())
    with light_zygote() as zygote:
        zygote.lend(connection[0])
    with BorrowedZygote(connection[1], None) as copy:
        assert eventually(lambda: descendants(os.getpid()) == before)
        with pytest.raises(ZygoteError, match=r"The sandbox is gone|supervisor of a job was lost"):
            answer(copy, HELLO)


def test_who_borrows_learns_why_there_is_none(connection: tuple[socket.socket, socket.socket]) -> None:
    connection[0].send(b'{"error": "no namespaces"}')
    with pytest.raises(ZygoteError, match="no namespaces"):
        BorrowedZygote(connection[1], None)
    connection[0].close()
    with pytest.raises(ZygoteError, match="grader has ended"):
        BorrowedZygote(connection[1], None)


# End


def test_nothing_is_left_after_it_was_closed() -> None:
    before = descendants(os.getpid())
    opened = set(os.listdir("/proc/self/fd"))
    with light_zygote() as zygote:
        answer(zygote, HELLO)
        started = descendants(os.getpid()) - before
        assert len(started) >= 2
    assert not alive(started)
    assert set(os.listdir("/proc/self/fd")) == opened


@pytest.mark.parametrize("victim", [min, max], ids=["outside the jail", "inside the jail"])
def test_a_lost_zygote_is_an_error_of_ours(victim: Any) -> None:
    before = descendants(os.getpid())
    with light_zygote() as zygote:
        os.kill(victim(descendants(os.getpid()) - before), signal.SIGKILL)
        assert eventually(lambda: descendants(os.getpid()) == before)
        with pytest.raises(ZygoteError, match=r"The sandbox is gone|supervisor of a job was lost"):
            answer(zygote, HELLO)


def test_a_zygote_lost_during_a_job_is_our_error() -> None:
    before = descendants(os.getpid())
    job = worker_job("import time\ndef f(): time.sleep(60)", call("f"))
    with light_zygote() as zygote, ThreadPoolExecutor(1) as pool:
        idle = descendants(os.getpid())
        running = pool.submit(zygote.run, job)
        assert eventually(lambda: len(descendants(os.getpid()) - idle) == 2)
        os.kill(min(idle - before), signal.SIGKILL)
        with pytest.raises(ZygoteError, match="supervisor of a job was lost"):
            running.result(20)
        assert eventually(lambda: descendants(os.getpid()) == before)


def test_a_dead_grader_ends_its_zygote_and_job() -> None:
    script = """
        import threading, time
        from jail_jobs import *
        zygote = light_zygote()
        answer(zygote, "def f(): pass")
        job = worker_job("import time\\ndef f(): time.sleep(60)", call("f"))
        threading.Thread(target=zygote.run, args=(job,)).start()
        print("running", flush=True)
        time.sleep(60)
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, env=environment
    ) as grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == b"running\n"
        assert eventually(lambda: len(descendants(grader.pid)) == 4)
        left = descendants(grader.pid)
        grader.kill()
        grader.wait()
        assert eventually(lambda: not alive(left), 2)


# Other users, other kernels, no jail


def test_it_works_for_an_ordinary_user() -> None:
    script = f"""{BECOME_ORDINARY}
import json
from jail_jobs import *
code = '''
import os
def f():
    open("here", "w").close()
    seen = [os.getuid(), os.getpid(), sorted(os.listdir("."))]
    for attempt in (os.fork, lambda: open("/x", "w"), lambda: os.setuid(0), lambda: os.listdir("/")):
        try:
            attempt()
            seen.append("possible")
        except OSError:
            pass
    return seen
'''
with light_zygote() as zygote:
    print(json.dumps([answer(zygote, code) for _ in range(2)]))
"""
    assert run_python(script) == [[1000, 1, ["here", "hw.py"]]] * 2


@pytest.mark.parametrize("before", ["", BECOME_ORDINARY], ids=["this user", "ordinary user"])
def test_the_mounts_hold_without_landlock(before: str, tmp_path: Path) -> None:
    script = f"""{before}
import json, os
from autograder.sandbox import jail, linux
from autograder.sandbox.limits import Limits
from autograder.sandbox.visible import VisiblePaths
visible = VisiblePaths.for_this_python()
hidden = next(path for path in visible.readable if path == "/usr") + "/share"
jail.enter(VisiblePaths(visible.readable, (*visible.hidden, hidden)))
jail.enter_job()
if os.fork() == 0:
    jail.mount_scratch(Limits())
    linux.drop_capabilities()
    written = []
    for folder in ("/", "/usr", "/dev", "/proc", hidden, *visible.readable, "/box"):
        try:
            os.mkdir(folder + "/new")
            written.append(folder)
        except OSError:
            pass
    found = [os.listdir(hidden), os.path.exists({str(tmp_path)!r}), os.path.exists("/old")]
    print(json.dumps([written, *found]), flush=True)
    os._exit(0)
os.wait()
"""
    assert run_python(script) == [["/box"], [], False, False]


def test_unconfined_jobs_run_in_a_removed_folder() -> None:
    code = """
import os
def f():
    open("file", "w").close()
    return [os.getcwd(), os.environ["HOME"]]
"""
    with light_zygote(tier=Tier.NONE) as zygote:
        folder, home = answer(zygote, code)
        assert folder == home
        assert not Path(folder).exists()
        reply = ask(zygote, "def f():\n    while True: pass", limits=Limits(cpu_seconds=1))
    assert reply.ending is not None
    assert reply.ending.kind in (EndKind.CPU, EndKind.IDLE)


def test_a_late_handle_still_kills_the_job() -> None:
    """On a busy machine the supervisor may be late with the handle of what it started."""
    with contextlib.ExitStack() as stack, subprocess.Popen(["sleep", "60"]) as process:
        streams, reply = JobStreams(worker_job(HELLO), stack, JobGroup(None)), Reply()
        os.write(streams.job_ends[1], b"\xff" * 4096)
        streams._read_result(reply)
        assert reply.malformed
        handle = os.pidfd_open(process.pid)
        stack.callback(os.close, handle)
        with socket.socket(fileno=os.dup(streams.job_ends[-1])) as supervisor:
            socket.send_fds(supervisor, [b"{}"], [handle])
        streams._read_status(reply)
        assert process.wait(10) == -signal.SIGKILL
