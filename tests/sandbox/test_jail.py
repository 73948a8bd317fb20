"""What student code can see and reach from inside its jail, and that it is nobody outside."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from jail_jobs import (
    answer,
    ask,
    call,
    descendants,
    error,
    eventually,
    light_zygote,
    needs_a_jail,
    worker_job,
)

import autograder
from autograder.sandbox.client import Zygote
from autograder.sandbox.visible import VisiblePaths

pytestmark = needs_a_jail
PACKAGE = Path(autograder.__file__).parent


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile() as inheritable:
        patch.setenv("COURSE_CANARY", "of the grader's environment")
        os.set_inheritable(inheritable.fileno(), True)
        with light_zygote() as started:
            yield started


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Path]:
    """A folder that anyone may enter, at a place that the jail does not show."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path.anchor + "var/tmp"))
    folder.chmod(0o755)
    for name in ("open", "secret", "secret/inner"):
        (folder / name).mkdir()
        (folder / name / "data.txt").write_text(f"data of {name}")
    yield folder
    shutil.rmtree(folder)


READ = """
import os
def f(paths):
    found = []
    for path in paths:
        try:
            found.append(sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read())
        except OSError as error:
            found.append(type(error).__name__)
    return found
"""


# Files


def test_course_tests_and_homes_are_absent_inside(zygote: Zygote, tmp_path: Path) -> None:
    (tmp_path / "solution.py").write_text("answer = 42")
    paths = [str(tmp_path / "solution.py"), __file__, "/home", "/etc/passwd", "/etc/hostname", "/var", "/sys"]
    assert answer(zygote, READ, paths) == ["FileNotFoundError"] * len(paths)


def test_the_root_holds_only_system_and_python(zygote: Zygote) -> None:
    code = """
import os
def f():
    with open("/proc/self/mountinfo") as mounts:
        return sorted({line.split()[4] for line in mounts})
"""
    allowed = {*VisiblePaths.for_this_python().readable, "/", "/box", "/proc", str(PACKAGE)}
    allowed |= {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")}
    assert set(answer(zygote, code)) <= allowed


def test_the_grader_package_is_absent_or_empty(zygote: Zygote) -> None:
    assert answer(zygote, READ, [str(PACKAGE)]) in (["FileNotFoundError"], [[]])
    code = "def f():\n    import autograder.datasets\n"
    assert error(zygote, code).startswith("ModuleNotFoundError")


def test_only_sandbox_modules_are_imported_inside(zygote: Zygote) -> None:
    """So the modules that a job inherits from the zygote hold no data of the grader."""
    code = """
import sys
def f():
    return sorted(name for name in sys.modules if name.startswith("autograder"))
"""
    imported = answer(zygote, code)
    assert not [
        name for name in imported if not name.startswith("autograder.sandbox") and name != "autograder"
    ]


def test_hidden_paths_read_as_empty(course: Path) -> None:
    """Hidden files and folders below a readable folder exist, and are empty."""
    visible = VisiblePaths.for_this_python([course / "secret", course / "open" / "data.txt"])
    with light_zygote(VisiblePaths((*visible.readable, str(course)), visible.hidden)) as zygote:
        names = ("", "open/data.txt", "secret", "secret/data.txt", "secret/inner/data.txt")
        found = answer(zygote, READ, [str(course / name) for name in names])
    assert found == [["open", "secret"], "", [], "FileNotFoundError", "FileNotFoundError"]


def test_hidden_paths_are_hidden_behind_links(course: Path) -> None:
    link = course / "link"
    link.symlink_to(course / "secret")
    visible = VisiblePaths.for_this_python([course / "secret" / "inner"])
    with light_zygote(VisiblePaths((*visible.readable, str(link)), visible.hidden)) as zygote:
        found = answer(zygote, READ, [str(link), str(link / "inner"), str(course / "open")])
    assert found == [["data.txt", "inner"], [], "FileNotFoundError"]


def test_a_readable_folder_in_a_hidden_one_shows(course: Path) -> None:
    """A readable folder inside a hidden folder is visible, and its neighbours are not."""
    inner = course / "secret" / "inner"
    visible = VisiblePaths.for_this_python([course / "secret"])
    with light_zygote(VisiblePaths((*visible.readable, str(course), str(inner)), visible.hidden)) as zygote:
        found = answer(zygote, READ, [str(inner / "data.txt"), str(course / "secret" / "data.txt")])
    assert found == ["data of secret/inner", "FileNotFoundError"]


def test_only_the_scratch_folder_is_writable(zygote: Zygote) -> None:
    code = """
import os
def f(folders):
    written = []
    for folder in folders:
        for attempt in (lambda: open(f"{folder}/x", "w"), lambda: os.mkdir(f"{folder}/y"),
                        lambda: os.chmod(folder, 0o777), lambda: os.symlink("/", f"{folder}/z")):
            try:
                attempt()
            except OSError:
                continue
            written.append(folder)
    return written
"""
    folders = ["/", "/usr", "/dev", "/proc", "/proc/self", sys.prefix, sys.base_prefix, str(PACKAGE)]
    assert answer(zygote, code, folders) == []


def test_each_job_gets_an_empty_scratch_folder(zygote: Zygote) -> None:
    code = """
import os
def f():
    before = [os.getcwd(), *sorted(os.listdir("/box"))]
    open("left behind", "w").close()
    os.mkdir("/box/.hidden")
    return before
"""
    assert [answer(zygote, code) for _ in range(2)] == [["/box", "hw.py"]] * 2


def test_scratch_allows_no_programs_or_devices(zygote: Zygote) -> None:
    code = """
import ctypes, os, shutil, stat
def f():
    shutil.copy("/usr/bin/true", "true")
    os.chmod("true", 0o4755)
    refused = []
    for attempt in (
        lambda: os.mknod("null", stat.S_IFCHR | 0o600, os.makedev(1, 3)),
        lambda: os.mkfifo("fifo"),
        lambda: os.execv("./true", ["true"]),
        lambda: ctypes.CDLL("/box/true"),
    ):
        try:
            attempt()
        except OSError:
            refused.append(True)
    return refused
"""
    assert answer(zygote, code) == [True] * 4


# Network, processes, rights


def test_there_is_no_network(zygote: Zygote) -> None:
    code = """
import socket
def f():
    refused = []
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40):
        try:
            socket.socket(family, socket.SOCK_RAW if family > 10 else socket.SOCK_STREAM)
        except PermissionError:
            refused.append(family)
    return len(refused)
"""
    assert answer(zygote, code) == 5
    assert error(zygote, "import socket\ndef f(): socket.if_nameindex()").startswith("PermissionError")
    lookup = "import socket\ndef f(): socket.create_connection(('127.0.0.1', 80), 1)"
    assert error(zygote, lookup).startswith("PermissionError")


def test_socket_pairs_are_of_the_local_family(zygote: Zygote) -> None:
    """Asking the kernel for a pair of another family would load the module for it."""
    code = """
import socket
def f(families):
    found = []
    for family in families:
        try:
            socket.socketpair(family, socket.SOCK_SEQPACKET)
            found.append(0)
        except OSError as error:
            found.append(error.errno)
    return found
"""
    families = [socket.AF_UNIX, socket.AF_INET, 30, 38, 43]  # TIPC, cryptography, SMC
    assert answer(zygote, code, list(map(int, families))) == [0] + 4 * [errno.EACCES]


def test_local_sockets_reach_nobody(zygote: Zygote, course: Path) -> None:
    code = """
import socket
def f(path):
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(path)
"""
    assert error(zygote, code, f"\0{course}").startswith("ConnectionRefusedError")
    assert error(zygote, code, str(course / "socket")).startswith("FileNotFoundError")
    assert answer(zygote, "import asyncio\ndef f(): return asyncio.run(asyncio.sleep(0, 7))") == 7


@pytest.mark.parametrize(
    "attempt",
    [
        "os.fork()",
        "os.posix_spawn('/usr/bin/true', ['true'], {})",
        "os.execv('/usr/bin/true', ['true'])",
        "subprocess.run(['/usr/bin/true'])",
        "subprocess.run([sys.executable, '-c', ''])",
        "multiprocessing.get_context('fork').Process().start()",
        "os.memfd_create('x')",
        "os.pidfd_open(1)",
        "system_call(101, 16, 1)",  # ptrace: attach
        "system_call(272, 0x10000000)",  # unshare: a user namespace
        "system_call(165, b'none', b'/box', b'tmpfs', 0, None)",  # mount
        "system_call(321, 0, None, 0)",  # bpf
    ],
)
def test_no_process_can_be_made_or_reached(zygote: Zygote, attempt: str) -> None:
    if "system_call" in attempt and os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86-64")
    code = f"""
import ctypes, multiprocessing, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def system_call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")
def f():
    {attempt}
"""
    assert error(zygote, code).startswith("PermissionError")


def test_calls_of_another_architecture_kill_it(zygote: Zygote) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("x32 calls exist on x86-64 only")
    reply = ask(zygote, "import ctypes\ndef f(): ctypes.CDLL(None).syscall(0x40000000 | 57)")
    assert reply.ending is not None
    assert (reply.ending.kind, -reply.ending.code) == ("signal", 31)


def test_it_sees_no_process_but_itself(zygote: Zygote) -> None:
    code = """
import os
def f():
    return [os.getpid(), os.getppid(), sorted(name for name in os.listdir("/proc") if name.isdigit())]
"""
    assert answer(zygote, code) == [1, 0, ["1"]]


def test_it_cannot_signal_anyone_outside(zygote: Zygote) -> None:
    code = """
import os, signal
def f():
    refused = []
    for target in (-1, 2, os.getppid() or 3, 300, 1000):
        try:
            os.kill(target, signal.SIGKILL)
        except OSError:
            refused.append(target)
    return refused
"""
    assert answer(zygote, code) == [-1, 2, 3, 300, 1000]
    assert answer(zygote, "def f(): return 1") == 1


def test_a_job_has_no_capability_and_is_not_root(zygote: Zygote) -> None:
    code = """
def f():
    with open("/proc/self/status") as status:
        return dict(line.rstrip("\\n").split(":\\t") for line in status if ":\\t" in line)
"""
    status = answer(zygote, code)
    assert {status[kind].split()[0] for kind in ("Uid", "Gid")} == {"1000"}
    assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "0" not in status["Groups"].split()


@pytest.mark.parametrize(
    "attempt", ["setuid(0)", "setgid(0)", "setgroups([0])", "setresuid(0, 0, 0)", "chroot('/box')"]
)
def test_it_cannot_become_root(zygote: Zygote, attempt: str) -> None:
    assert error(zygote, f"import os\ndef f(): os.{attempt}").startswith(("PermissionError", "OSError"))


@pytest.mark.skipif(os.geteuid() != 0, reason="runs as an ordinary user anyway")
def test_it_is_not_root_outside_either(zygote: Zygote) -> None:
    before = descendants(os.getpid())
    job = worker_job("import time\ndef f(): time.sleep(2)", call("f"))
    thread = threading.Thread(target=zygote.run, args=(job,))
    thread.start()
    assert eventually(lambda: len(descendants(os.getpid()) - before) == 2)  # the supervisor and the student
    newest = max(descendants(os.getpid()) - before)
    status = Path(f"/proc/{newest}/status").read_text()
    owner = Path(f"/proc/{newest}/environ").stat().st_uid
    thread.join()
    assert "NSpid" in status
    real_ids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    assert len(set(real_ids)) == 1
    assert int(real_ids[0]) == owner != 0


# What it was handed


def test_only_the_streams_are_inherited(zygote: Zygote) -> None:
    code = """
import os
def f():
    links = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            links[name] = os.readlink(f"/proc/self/fd/{name}").split(":")[0]
        except OSError:  # the listing's own
            pass
    return links
"""
    streams = answer(zygote, code)
    assert streams.pop("0") == "/dev/null"
    assert streams == {"1": "pipe", "2": "pipe", "3": "pipe", "4": "pipe"}


def test_environment_and_arguments_tell_nothing(zygote: Zygote, tmp_path: Path) -> None:
    """Environment and arguments of a job hold nothing of the grader's."""
    code = """
import os, sys
def f():
    initial = [open(f"/proc/self/{name}", errors="replace").read() for name in ("environ", "cmdline")]
    return [dict(os.environ), sys.argv, sys.orig_argv, *initial]
"""
    environment, *others = answer(zygote, code)
    assert set(environment) == {
        *("HOME", "TMPDIR", "KERAS_HOME", "KERAS_BACKEND", "PATH", "LANG", "MPLBACKEND"),
        *("TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES"),
    }
    assert environment["HOME"] == environment["TMPDIR"] == "/box"
    everything = str([environment, *others])
    for secret in ("COURSE_CANARY", "of the grader's environment", str(tmp_path), str(Path.home() / ".ssh")):
        assert secret not in everything


def test_input_is_empty(zygote: Zygote) -> None:
    assert error(zygote, "def f(): input()").startswith("EOFError")


def test_jobs_share_no_state(zygote: Zygote) -> None:
    code = """
import builtins, os, numpy, threading
def f():
    seen = [hasattr(builtins, "mark"), hasattr(numpy, "mark"), "MARK" in os.environ, os.path.exists("mark")]
    builtins.mark = numpy.mark = os.environ["MARK"] = "1"
    open("mark", "w").close()
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return [*seen, threading.active_count()]
"""
    assert [answer(zygote, code) for _ in range(3)] == [[False] * 4 + [2]] * 3
