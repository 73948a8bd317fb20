"""What student code can see and reach where there are no namespaces: the tier `landlock`."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jail_jobs import alive, answer, call, eventually, light_zygote, needs_landlock, worker_job

import autograder
from autograder.sandbox import landlock, landlock_jail, linux, seccomp
from autograder.sandbox.client import Zygote
from autograder.sandbox.tier import Tier, why_unavailable
from autograder.sandbox.visible import VisiblePaths

pytestmark = needs_landlock
PACKAGE = Path(autograder.__file__).parent
CANARY = "canary-3d19e2"


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CANARY", CANARY)
        with light_zygote(tier=Tier.LANDLOCK) as started:
            yield started


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of the same user, with a secret in its environment."""
    with subprocess.Popen(["/bin/sleep", "60"], env={"SECRET": CANARY}) as process:
        yield process
        process.kill()


ATTEMPT = """
import ctypes, errno, fcntl, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
def attempt(action):
    try:
        return ["done", str(action())]
    except OSError as error:
        return [errno.errorcode[error.errno], ""]
"""


def attempts(zygote: Zygote, *actions: str) -> list[str]:
    """Return how each of these expressions ends: ``done`` or the name of an error."""
    lambdas = ", ".join(f"lambda: {action}" for action in actions)
    found = answer(zygote, f"{ATTEMPT}\ndef f():\n    return [attempt(action) for action in [{lambdas}]]\n")
    return [outcome for outcome, _ in found]


# Files


def test_only_system_and_python_can_be_read(zygote: Zygote, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(CANARY)
    closed = [
        tmp_path / "secret.txt",
        tmp_path,
        Path(__file__),
        PACKAGE / "datasets/digits.npz",
        Path("/"),
        Path("/etc"),
    ]
    actions = [
        f"os.listdir({str(path)!r}) if os.path.isdir({str(path)!r}) else open({str(path)!r})"
        for path in closed
    ]
    assert attempts(zygote, *actions) == ["EACCES"] * len(closed)
    assert attempts(zygote, f"open({os.__file__!r})", "os.listdir('/usr/lib')") == ["done", "done"]


def test_hidden_paths_cannot_be_read(tmp_path: Path) -> None:
    """Hidden files below a readable folder cannot be read."""
    shown = Path(tempfile.mkdtemp(dir=tmp_path.anchor + "var/tmp"))
    try:
        shown.chmod(0o755)
        for name in ("open", "course", "course/submitted"):
            (shown / name).mkdir()
            (shown / name / "data.txt").write_text(CANARY)
        (shown / "link").symlink_to("course")
        visible = VisiblePaths.for_this_python([shown / "course"])
        with light_zygote(
            VisiblePaths((*visible.readable, str(shown)), visible.hidden), Tier.LANDLOCK
        ) as zygote:
            paths = ["open/data.txt", "course/data.txt", "course/submitted/data.txt", "link/data.txt"]
            assert attempts(zygote, *(f"open('{shown}/{path}')" for path in paths)) == ["done"] + 3 * [
                "EACCES"
            ]
            assert (
                attempts(zygote, f"os.listdir('{shown}/course')", f"os.listdir('{shown}')") == ["EACCES"] * 2
            )
    finally:
        subprocess.run(["rm", "-r", str(shown)], check=True)


def test_an_environment_in_the_course_is_readable(tmp_path: Path) -> None:
    """As set up by the README: of the hidden course only `.venv` can be read."""
    course = Path(tempfile.mkdtemp(dir=tmp_path.anchor + "var/tmp"))
    try:
        course.chmod(0o755)
        for name in (".venv/lib/secrets", "solutions"):
            (course / name).mkdir(parents=True)
            (course / name / "data.txt").write_text(CANARY)
        (course / ".venv/lib/module.py").write_text("x = 1")
        visible = VisiblePaths.for_this_python([course, course / ".venv/lib/secrets"])
        for tier in (Tier.LANDLOCK, Tier.NAMESPACES):
            if why_unavailable(tier) is not None:
                continue
            with light_zygote(
                VisiblePaths((*visible.readable, str(course / ".venv")), visible.hidden), tier
            ) as zygote:
                paths = [".venv/lib/module.py", ".venv/lib/secrets/data.txt", "solutions/data.txt"]
                found = attempts(zygote, *(f"open('{course}/{path}')" for path in paths))
                assert found[0] == "done"
                assert "done" not in found[1:]
    finally:
        subprocess.run(["rm", "-r", str(course)], check=True)


def test_only_our_package_is_hidden_beside_others(tmp_path: Path) -> None:
    """Python lists the folders that it imports from, so those of them that are split may be listed."""
    site = next(path for path in map(Path, sys.path) if path.name in ("site-packages", "dist-packages"))
    inside = next(path for path in site.iterdir() if path.is_dir() and path.name.startswith("numpy"))
    trees, listed = landlock_jail._trees(VisiblePaths((str(site),), (str(inside),)))
    assert [Path(path).name for path in listed] == [site.name]
    assert str(inside.resolve()) not in trees
    assert len(trees) > 2


def test_only_the_scratch_folder_can_be_changed(zygote: Zygote, tmp_path: Path) -> None:
    victim = tmp_path / "grades.csv"
    victim.write_text("alice,40")
    victim.chmod(0o666)
    tmp_path.chmod(0o777)
    before = victim.stat()
    library = os.__file__
    path = repr(str(victim))
    found = attempts(
        zygote,
        f"open({path}, 'w')",
        f"os.truncate({path}, 0)",
        f"os.open({library!r}, os.O_RDONLY | os.O_TRUNC)",
        f"os.chmod({path}, 0)",
        f"os.chmod({library!r}, 0)",
        f"os.fchmod(os.open({library!r}, os.O_RDONLY), 0)",
        f"os.chown({path}, os.getuid(), -1)",
        f"os.utime({path})",
        f"os.utime(os.open({library!r}, os.O_RDONLY))",
        f"os.setxattr({library!r}, 'user.a', b'a')",
        f"os.unlink({path})",
        f"os.rename({path}, 'mine')",
        f"os.link({path}, 'mine')",
        f"os.symlink('/etc', {str(tmp_path / 'link')!r})",
        f"os.mkdir({str(tmp_path / 'folder')!r})",
        "os.mkdir('/dev/shm/left')",
        "open('/dev/shm/left', 'w')",
        "checked(libc.inotify_init())",
        f"os.open({path}, 3)",
        f"os.open({path}, 3 | os.O_TRUNC)",
        f"os.open({library!r}, 3)",
        # FS_IOC_SETFLAGS and its form for 32 bits, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION
        *(
            f"fcntl.ioctl(os.open({library!r}, os.O_RDONLY), {request}, bytes(64))"
            for request in (0x4008_6602, 0x4004_6602, 0x401C_5820, 0x4008_7602)
        ),
    )
    assert "done" not in found
    assert found[-4:] == ["ENOTTY"] * 4  # as from a file system that does not know them
    assert (victim.read_text(), victim.stat()) == ("alice,40", before)
    assert Path(library).stat().st_size > 0


def test_openat2_is_not_available(zygote: Zygote) -> None:
    """A filter cannot read the arguments of openat2, so the call does not exist."""
    openat2 = f"checked(libc.syscall({linux.number('openat2')}, -100, b'hw.py', bytes(24), 24))"
    assert attempts(zygote, openat2) == ["ENOSYS"]


def test_the_ioctl_calls_of_libraries_work(zygote: Zygote) -> None:
    found = attempts(
        zygote,
        "os.set_inheritable(0, False)",
        "os.set_blocking(os.pipe()[0], False)",
        "fcntl.ioctl(os.pipe()[0], 0x541B, bytes(4))",
        "sys.stdout.isatty()",
        "os.get_terminal_size(1)",
    )
    assert found == ["done", "done", "done", "done", "ENOTTY"]


def test_scratch_is_private_and_removed_later(zygote: Zygote) -> None:
    """It is removed with its job, also when the job closed it or put links into it."""
    code = """
import os
def f():
    before = sorted(os.listdir("."))
    os.mkdir("folder"); open("folder/file", "w").close(); os.mkdir("closed", 0)
    os.symlink("/", "link"); os.mkdir("listless", 0o300)
    return [os.getcwd(), before, [os.environ[name] == os.getcwd() for name in ("HOME", "TMPDIR")]]
"""
    seen = [answer(zygote, code) for _ in range(2)]
    assert [[files, own] for _, files, own in seen] == [[["hw.py"], [True, True]]] * 2
    assert not any(Path(folder).exists() for folder, _, _ in seen)


def test_jobs_cannot_read_files_of_other_jobs(zygote: Zygote) -> None:
    with light_zygote(tier=Tier.LANDLOCK) as other:
        sleeper = worker_job(
            "import time\ndef f():\n    open('mine', 'w').write('x'); time.sleep(3)", call("f")
        )
        thread = threading.Thread(target=other.run, args=(sleeper,))
        thread.start()
        assert eventually(lambda: bool(list(Path(other._scratch).glob("*/mine"))))
        found = next(Path(other._scratch).glob("*/mine"))
        assert attempts(zygote, f"open('{found}')", f"os.listdir('{found.parent}')") == ["EACCES"] * 2
        thread.join()


# Processes


def test_other_processes_keep_their_secrets(zygote: Zygote, bystander: subprocess.Popen[bytes]) -> None:
    for process in (bystander.pid, os.getpid(), os.getppid(), 1):
        actions = [
            f"open('/proc/{process}/{name}', 'rb').read()" for name in ("environ", "cmdline", "mem", "maps")
        ]
        actions += [f"os.listdir('/proc/{process}/{name}')" for name in ("fd", "root", "task")]
        actions += [f"os.readlink('/proc/{process}/cwd')"]
        assert not {"done"} & set(attempts(zygote, *actions))
    assert attempts(zygote, "os.listdir('/proc')", "open('/proc/self/status')") == ["EACCES", "done"]


def test_other_processes_are_out_of_reach(zygote: Zygote, bystander: subprocess.Popen[bytes]) -> None:
    """A job cannot signal another process, change its priority or set its limits."""
    pid = bystander.pid
    found = attempts(
        zygote,
        f"os.kill({pid}, 9)",
        "os.kill(-1, 9)",
        "os.kill(0, 0)",
        "os.kill(os.getppid(), signal.SIGSTOP)",
        f"checked(libc.syscall({linux.number('tgkill')}, {pid}, {pid}, 9))",
        f"checked(libc.syscall({linux.number('tkill')}, {pid}, 9))",
        f"checked(libc.syscall({linux.number('rt_sigqueueinfo')}, {pid}, 9, b'0' * 128))",
        f"fcntl.fcntl(0, fcntl.F_SETOWN, {pid})",
        "fcntl.fcntl(0, fcntl.F_SETSIG, 9)",
        f"resource.prlimit({pid}, resource.RLIMIT_CPU, (1, 1))",
        f"os.sched_setaffinity({pid}, [0])",
        f"os.setpriority(os.PRIO_PROCESS, {pid}, 19)",
        "os.setpriority(os.PRIO_USER, 0, 19)",
        f"checked(libc.ptrace(16, {pid}, 0, 0))",
        "os.fork()",
    )
    assert "done" not in found
    assert bystander.poll() is None
    assert attempts(zygote, "os.kill(os.getpid(), 0)", "resource.getrlimit(0)") == ["done", "done"]


def test_a_job_cannot_outlive_its_supervisor() -> None:
    forget_parent = "print(attempt(lambda: checked(libc.prctl(1, 0, 0, 0, 0))))"
    code = f"{ATTEMPT}\nimport time\ndef f():\n    {forget_parent}\n    time.sleep(60)"
    script = f"""
from jail_jobs import *
zygote = light_zygote(tier=Tier.LANDLOCK)
print(zygote._process.pid, flush=True)
ask(zygote, {code!r})
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as grader:
        from jail_jobs import descendants

        assert eventually(lambda: len(descendants(grader.pid)) == 3)
        time.sleep(0.3)
        started = descendants(grader.pid)
        grader.kill()
        assert eventually(lambda: not alive(started), 3)


# Network


def test_nobody_listens_for_it(zygote: Zygote, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as local, socket.socket() as network:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        network.bind(("127.0.0.1", 0))
        network.listen()
        found = attempts(
            zygote,
            f"socket.socket(socket.AF_UNIX).connect({str(tmp_path / 'socket')!r})",
            f"socket.create_connection(('127.0.0.1', {network.getsockname()[1]}), 1)",
            f"socket.socketpair(type=socket.SOCK_DGRAM)[0].connect({str(tmp_path / 'socket')!r})",
            f"socket.socketpair()[0].connect({str(tmp_path / 'socket')!r})",
            f"socket.socketpair()[0].sendto(b'x', {str(tmp_path / 'socket')!r})",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "socket.socketpair(30, socket.SOCK_SEQPACKET)",  # would load the kernel's module for TIPC
        )
    assert "done" not in found
    assert found[-1] == "EACCES"
    assert answer(zygote, "import asyncio\ndef f(): return asyncio.run(asyncio.sleep(0, 7))") == 7


# Rights


def test_a_job_keeps_at_most_one_capability(zygote: Zygote) -> None:
    """It runs as an ordinary user; only the right to enter folders may remain."""
    code = """
def f():
    with open("/proc/self/status") as status:
        return dict(line.rstrip("\\n").split(":\\t") for line in status if ":\\t" in line)
"""
    status = answer(zygote, code)
    assert int(status["Uid"].split()[0]) == zygote.facts["user"] != 0
    assert int(status["CapEff"], 16) & ~0b110 == 0
    assert {status[f"Cap{kind}"] for kind in ("Inh", "Amb")} == {"0" * 16}
    if os.geteuid() == 0:  # nobody else may empty it, and without new privileges it gives nothing
        assert status["CapBnd"] == "0" * 16
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_environment_and_descriptors_tell_nothing(zygote: Zygote) -> None:
    """Environment and descriptors of a job hold nothing of the grader's."""
    code = """
import os, stat
def f():
    kinds = []
    for number in range(256):
        try:
            kinds.append(stat.S_IFMT(os.fstat(number).st_mode))
        except OSError:
            pass
    return [dict(os.environ), open("/proc/self/environ").read(), kinds]
"""
    environment, started_with, kinds = answer(zygote, code)
    assert CANARY not in str(environment) + started_with
    # Standard input is empty; output, errors, steps and results are pipes; the last is a view of itself.
    assert kinds[:5] == [stat.S_IFCHR, *[stat.S_IFIFO] * 4]
    assert kinds[5:] in ([stat.S_IFDIR], [])


# Older kernels


def in_a_fork(action: Any) -> str:
    """Do something in a child process; return the exception it ended with."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
        except OSError as error:
            os.write(write, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return pipe.read()


def test_the_fourth_access_mode_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "library.py"
    victim.write_text("import this")

    def opened(mode: int, *, filtered: bool) -> str:
        def run() -> None:
            if filtered:
                seccomp.install(seccomp.program())
            os.close(os.open(victim, mode))

        return in_a_fork(run)

    assert opened(3, filtered=False) == ""
    assert opened(3, filtered=True) == "PermissionError"
    assert opened(3 | os.O_TRUNC, filtered=True) == "PermissionError"
    for mode in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        assert opened(mode, filtered=True) == ""


def test_the_filter_refuses_truncation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Landlock before version 3 does not handle truncation, so the filter refuses it."""
    victim = tmp_path / "library.py"
    victim.write_text("import this")
    monkeypatch.setattr(landlock, "abi", lambda: 1)

    def confined(action: Any, *, filtered: bool) -> str:
        def run() -> None:
            landlock.restrict(read=[str(tmp_path)], scratch=[], devices=[])
            if filtered:
                seccomp.install(seccomp.program())
                seccomp.install(seccomp.without_namespaces(os.getpid(), 1))
            action()

        return in_a_fork(run)

    cut = lambda: os.close(os.open(victim, os.O_RDONLY | os.O_TRUNC))  # noqa: E731
    assert confined(cut, filtered=True) == "PermissionError"
    by_mode_3 = lambda: os.close(os.open(victim, 3 | os.O_TRUNC))  # noqa: E731 - Landlock asks for no right
    assert confined(by_mode_3, filtered=True) == "PermissionError"
    assert confined(lambda: os.truncate(victim, 0), filtered=True) == "PermissionError"
    assert confined(lambda: os.close(os.open(victim, os.O_RDONLY)), filtered=True) == ""
    assert victim.read_text() == "import this"
    for way in (cut, by_mode_3):
        victim.write_text("import this")
        assert confined(way, filtered=False) == ""  # what the filter is for
        assert victim.read_text() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize("may_pass", [True, False])
def test_root_can_enter_folders_or_names_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, may_pass: bool
) -> None:
    """Root keeps the right to enter folders, or the error names the path that is not readable."""
    closed = tmp_path / "closed"
    (closed / "python").mkdir(parents=True)
    closed.chmod(0o700)
    if not may_pass:
        monkeypatch.setattr(linux, "effective_capabilities", set)
    ended = in_a_fork(lambda: landlock_jail._become(64_999, [str(closed / "python")]))
    assert ended == ("" if may_pass else "PermissionError")
