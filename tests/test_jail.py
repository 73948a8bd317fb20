"""What student code finds inside the jail, and what stops it there."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.client import EndKind, Job, Reply, Zygote
from autograder.sandbox.jail import Walls
from autograder.sandbox.limits import Limits
from autograder.sandbox.tier import Tier, probe

CANARY = "canary-51c0de"

pytestmark = pytest.mark.skipif(
    probe().tier is not Tier.NAMESPACES, reason=f"no user namespaces: {probe().missing}"
)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a secret, made readable inside the jail, of which one part is hidden again."""
    folder = tmp_path_factory.mktemp("shown")
    folder.chmod(0o755)
    (folder / "open.txt").write_text("open")
    (folder / "course").mkdir()
    (folder / "course" / "labels.txt").write_text(CANARY)
    (folder / "key.txt").write_text(CANARY)
    return folder


@pytest.fixture(scope="module")
def zygote(secrets: Path) -> Iterator[Zygote]:
    os.environ["AUTOGRADER_TEST_CANARY"] = CANARY
    hidden = [secrets / "course", secrets / "key.txt"]
    walls = Walls.around_this_python(hidden)
    walls = Walls((*walls.readable, str(secrets)), walls.hidden)
    with Zygote(walls, Tier.NAMESPACES, ("numpy",)) as started:
        yield started
    del os.environ["AUTOGRADER_TEST_CANARY"]


def run(zygote: Zygote, source: str, **limits: int) -> Reply:
    """Call the function ``f`` of a module."""
    steps = [{"call": "f", "args": [], "kwargs": {}}]
    content = {"files": {"cnn.py": source}, "module": "cnn", "seed": 1, "steps": steps}
    return zygote.run(Job("worker", content, Limits(**limits)))


def value(reply: Reply) -> Any:
    """Return what ``f`` returned."""
    assert [message["outcome"] for message in reply.messages] == ["returned", "returned"], reply
    return reply.messages[1]["value"]


def ended(reply: Reply) -> EndKind:
    """Return how the process ended."""
    assert reply.ending is not None
    return reply.ending.kind


LOOK = """
import os

def f():
    found = []
    for path in {paths!r}:
        try:
            found.append(sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read())
        except OSError as error:
            found.append(type(error).__name__)
    return found
"""


def look(zygote: Zygote, *paths: str | Path) -> Any:
    return value(run(zygote, LOOK.format(paths=[str(path) for path in paths])))


def test_hidden_paths_do_not_exist_below_readable_ones(zygote: Zygote, secrets: Path) -> None:
    found = look(
        zygote, secrets / "open.txt", secrets / "course", secrets / "course/labels.txt", secrets / "key.txt"
    )
    assert found[0] == "open"
    assert found[1] in ([], "PermissionError")
    assert found[2] == "FileNotFoundError"
    assert found[3] in ("", "PermissionError")


def test_the_course_the_package_and_homes_do_not_exist(zygote: Zygote) -> None:
    here = Path(__file__).parents[1]
    import autograder

    package = Path(autograder.__file__).parent
    paths: list[str | Path] = [
        here / "solutions",
        here / "assignments",
        package / "datasets",
        Path.home() / ".ssh",
        "/home",
        "/srv",
        "/sys",
    ]
    assert set(look(zygote, *paths)) <= {"FileNotFoundError", "PermissionError"}


def test_no_variable_argument_or_descriptor_carries_anything(zygote: Zygote) -> None:
    source = """
import os, sys

def f():
    descriptors = []
    for number in range(3, 300):
        try:
            os.fstat(number)
            descriptors.append(number)
        except OSError:
            pass
    return [dict(os.environ), open("/proc/self/cmdline").read(), descriptors, sorted(os.listdir("/proc"))[:3]]
"""
    environment, command, descriptors, processes = value(run(zygote, source))
    assert CANARY not in str(environment)
    assert command.split("\0")[1:] == ["-I", "-B", "-m", "autograder.sandbox.zygote", ""]
    assert descriptors == [4]
    assert processes[0] == "1"
    assert "2" not in processes


def test_only_scratch_can_be_written_and_it_is_empty_for_each_job(zygote: Zygote) -> None:
    source = """
import os, sys

def f():
    before, wrote = sorted(os.listdir(".")), []
    for folder in (".", "/", "/usr", "/dev", "/proc", "/tmp", sys.prefix, os.path.dirname(os.__file__)):
        try:
            open(folder + "/left-behind", "w").write("x")
            wrote.append(folder)
        except OSError:
            pass
    return [before, wrote]
"""
    for _ in range(2):
        assert value(run(zygote, source)) == [["cnn.py"], ["."]]


def test_there_is_no_network(zygote: Zygote) -> None:
    source = """
import socket

def f():
    found = []
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
        try:
            socket.socket(family, socket.SOCK_RAW if family > 10 else socket.SOCK_STREAM)
            found.append(family)
        except OSError:
            pass
    return found
"""
    assert value(run(zygote, source)) == []


def test_no_process_can_be_made_and_none_reached(zygote: Zygote) -> None:
    source = """
import ctypes, os, signal, subprocess

def attempt(action):
    try:
        action()
        return "done"
    except OSError as error:
        return error.errno

def f():
    libc = ctypes.CDLL(None, use_errno=True)
    calls = [("ptrace", (16, 1, 0, 0)), ("unshare", (0x10000000,))]
    calls += [("umount2", (b"/proc", 2)), ("setns", (0, 0))]
    refused = [getattr(libc, name)(*arguments) for name, arguments in calls]
    return [
        attempt(os.fork), attempt(lambda: subprocess.run(["/bin/true"])),
        attempt(lambda: os.execv("/bin/true", ["x"])),
        attempt(lambda: os.kill(os.getppid() or 999999, 0)), attempt(lambda: os.setuid(0)), refused,
    ]
"""
    *results, refused = value(run(zygote, source))
    assert "done" not in results
    assert refused == [-1] * 4


def test_it_runs_as_an_ordinary_user_without_rights(zygote: Zygote) -> None:
    source = """
def f():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    return [lines[name].split()[0] for name in ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")]
"""
    user, *rights = value(run(zygote, source))
    assert user == "1000"
    assert rights == ["0" * 16, "0" * 16, "1", "2"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose")
def test_it_is_not_root_outside_either(zygote: Zygote) -> None:
    del zygote
    assert any(Path(f"/proc/{process}").stat().st_uid for process in descendants(os.getpid()))


def descendants(process: int) -> set[int]:
    """Return the processes below one, however deep."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found, new = set[int](), {process}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def gone(processes: set[int]) -> bool:
    """Return whether all of these end within five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{process}").exists() for process in processes):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("body", "limits", "kind"),
    [
        ("while True: pass", {"cpu_seconds": 1}, EndKind.CPU),
        (
            "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    while True: pass",
            {"cpu_seconds": 1},
            EndKind.CPU,
        ),
        ("import time; time.sleep(60)", {"cpu_seconds": 1}, EndKind.WALL),
        (
            "kept = []\n    while True: kept.append(bytearray(b'x' * (16 << 20)))",
            {"memory": 256 << 20},
            EndKind.MEMORY,
        ),
        ("while True: print('x' * 100_000)", {}, EndKind.FLOOD),
        ("import os; os._exit(0)", {}, EndKind.EXITED),
        ("import os; os._exit(98)", {}, EndKind.EXITED),
        ("import os; os.abort()", {}, EndKind.SIGNAL),
        ("import ctypes; ctypes.string_at(0)", {}, EndKind.SIGNAL),
    ],
)
def test_each_way_to_end_has_its_own_name(
    zygote: Zygote, body: str, limits: dict[str, int], kind: EndKind
) -> None:
    reply = run(zygote, f"def f():\n    {body}\n", **limits)
    assert ended(reply) is kind
    assert [message["step"] for message in reply.messages] == [-1]
    assert value(run(zygote, "def f(): return 'next'")) == "next"


def test_threads_disk_and_files_are_bounded(zygote: Zygote) -> None:
    source = """
import os, threading, time

def until_refused(action):
    for count in range(100_000):
        try:
            action(count)
        except (OSError, RuntimeError):
            return count

def fill(number):
    with open(f"large{number}", "wb") as file:
        file.write(b"x" * (1 << 20))

def f():
    threads = until_refused(lambda _: threading.Thread(target=time.sleep, args=(60,), daemon=True).start())
    megabytes = until_refused(fill)
    return [threads, megabytes, until_refused(lambda number: os.mkdir(f"d{number}"))]
"""
    threads, megabytes, folders = value(run(zygote, source))
    assert threads < 64
    assert 60 <= megabytes <= 64
    assert folders < 4096


@pytest.mark.parametrize(
    ("forgery", "words"),
    [
        ("b'x' * 100", "announces more"),
        ("MessageOf(step=0)", "out of turn"),
        ("MessageOf(step=-1, outcome='passed')", "without step and outcome"),
    ],
)
def test_forged_messages_end_the_job(zygote: Zygote, forgery: str, words: str) -> None:
    source = f"""
import json, os, struct

def MessageOf(step, outcome="returned"):
    pairs = [["step", step], ["outcome", outcome], ["value", 40]]
    header = json.dumps({{"value": {{"$dict": pairs}}, "frames": []}}).encode()
    return struct.pack("=IQ", len(header), 0) + header

os.write(4, {forgery})

def f():
    return 1
"""
    reply = run(zygote, source)
    assert words in reply.malformed
    assert not any(message.get("value") == 40 for message in reply.messages)


def test_student_errors_carry_their_own_line(zygote: Zygote) -> None:
    reply = run(zygote, "import math\n\ndef g(x):\n    return math.sqrt(x)\n\ndef f():\n    return g(-1)\n")
    message = reply.messages[1]
    assert (message["kind"], message["line"], message["function"]) == ("ValueError", 4, "g")
    assert "sqrt" in reply.log
    assert "worker.py" not in reply.log


def test_what_may_not_cross_is_refused_by_its_type(zygote: Zygote) -> None:
    source = """
class Liar(float):
    def __eq__(self, other): return True

def f():
    return {"a": [Liar]}
"""
    assert run(zygote, source).messages[1] == {
        "step": 0,
        "outcome": "refused",
        "message": "an object of type type",
    }


def test_a_missing_function_comes_with_those_that_exist(zygote: Zygote) -> None:
    reply = run(zygote, "def g(): pass\n\ndef _h(): pass\n")
    assert reply.messages[1] == {"step": 0, "outcome": "missing", "defined": ["g"]}


def test_nothing_is_left_of_many_jobs(zygote: Zygote) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    run(zygote, "def f(): return 1")
    before, processes = descriptors(), descendants(os.getpid())
    for _ in range(30):
        run(zygote, "def f(): return 1")
    assert descriptors() == before
    assert gone(descendants(os.getpid()) - processes)


def test_two_zygotes_run_beside_each_other_and_close_leaves_nothing() -> None:
    before = descendants(os.getpid())
    walls = Walls.around_this_python()
    with (
        Zygote(walls, Tier.NAMESPACES, ("numpy",)) as one,
        Zygote(walls, Tier.NAMESPACES, ("numpy",)) as two,
    ):
        assert value(run(one, "def f(): return 1")) + value(run(two, "def f(): return 2")) == 3
        started = descendants(os.getpid()) - before
    assert len(started) >= 4
    assert gone(started)


def test_the_jail_ends_with_the_grader() -> None:
    code = """
import sys, time
from autograder.sandbox.client import Zygote
from autograder.sandbox.jail import Walls
from autograder.sandbox.tier import Tier
zygote = Zygote(Walls.around_this_python(), Tier.NAMESPACES, ("numpy",))
print("ready", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == b"ready\n"
        jail = descendants(grader.pid)
        assert len(jail) >= 2
        grader.send_signal(signal.SIGKILL)
    assert gone(jail)


def test_an_ordinary_user_can_make_a_jail_too() -> None:
    """Root, in a user namespace where it is an ordinary user, takes the ordinary user's way."""
    code = """
import os
from autograder.sandbox import jail, linux
user, group = os.geteuid(), os.getegid()
linux.unshare(linux.Namespace.USER)
jail._map_one_id(1234, user, group)
assert os.geteuid() == 1234
from autograder.sandbox.client import Job, Zygote
from autograder.sandbox.limits import Limits
from autograder.sandbox.tier import Tier
step = {"call": "f", "args": [], "kwargs": {}}
files = {"a.py": "import os\\ndef f(): return os.getuid()"}
content = {"files": files, "module": "a", "seed": 0, "steps": [step]}
with Zygote(jail.Walls.around_this_python(), Tier.NAMESPACES, ("numpy",)) as zygote:
    print(zygote.run(Job("worker", content, Limits())).messages[1]["value"])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout == "1000\n", ended.stderr
