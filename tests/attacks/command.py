"""Grades a class of attackers with the real command, and notes everything that a test may ask about."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from attacks.attack import HONEST, Attack, Told, write_module
from attacks.canaries import Grounds, plant, snapshot
from attacks.launcher import descendants
from attacks.watch import DescriptorWatch, Doors, wait_until

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
ORDINARY_USER: Final = "1234"
FIRST_CONTROL: Final = "000-control"
GAMBLER: Final = "52_gambles"
LINGERER: Final = "53_outlives_the_grader"
LINGERS: Final = "zoo-lingers"
"""How the lingerer calls itself, so that it can be told from outside."""
LITTER: Final = "zoo-was-here"
"""Attackers that can write anywhere leave files whose names begin so."""
_SHARED_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/dev")
_START_SECONDS: Final = 60.0
_LONGEST_RUN: Final = 7200.0


@dataclass(frozen=True, slots=True)
class Configuration:
    """How the class is graded: at which tier, by whom."""

    tier: str
    user: str

    def __str__(self) -> str:
        return f"{self.tier}-{self.user}"


@dataclass(slots=True)
class ClassGraded:
    """What became of the class, and of the machine.

    Attributes:
        grounds: where everything lies.
        names: attack → its student.
        code: how the command ended.
        printed: what it printed.
        results: student → result, of the first run.
        again: student → result, of the second run.
        left: processes that were left running.
        left_after_kill: those left when the command was killed in the middle of a submission.
        was_killed: whether the second run came so far that it could be killed.
        descriptors: process → lowest number of descriptors in the beginning and at the end.
        visitors: who came through a door that is closed to student code.
        litter: files that student code left outside.
        changed: files that are not as they were.
        mounts: the mounts before and after.
    """

    grounds: Grounds
    names: dict[str, str]
    code: int = -1
    printed: bytes = b""
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    again: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    left_after_kill: list[str] = field(default_factory=list)
    was_killed: bool = False
    descriptors: dict[int, tuple[int, int]] = field(default_factory=dict)
    visitors: list[str] = field(default_factory=list)
    litter: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    mounts: tuple[str, str] = ("", "")

    def result(self, attack: Attack) -> dict[str, Any]:
        """Return the result of an attack."""
        return self.results[self.names[attack.name]]

    def control_after(self, attack: Attack) -> dict[str, Any]:
        """Return the result of the honest submission right behind an attack."""
        return self.results[self.names[attack.name][:4] + "control"]

    def log_of(self, result: dict[str, Any]) -> str:
        """Return what a submission printed; a student with an odd name has a log with a tamer one."""
        logs = sorted((self.grounds.out / "logs").glob(f"{result['student'][:4]}attack*.txt"))
        return "".join(path.read_text(encoding="utf-8") for path in logs)


def grade_command(configuration: Configuration, grounds: Grounds, *students: str) -> list[str | Path]:
    """Return the command that grades the class."""
    command: list[str | Path] = [sys.executable, "-m", "autograder", "grade", "cnn", grounds.submissions]
    command += ["--out", grounds.out, "--course", grounds.course, "--jobs", "1"]
    command += ["--tier", configuration.tier]
    for student in students:
        command += ["--student", student]
    if students:  # they were graded before, and nothing has changed
        command.append("--fresh")
    return command


def grade_class(configuration: Configuration, attacks: list[Attack], base: Path) -> ClassGraded:
    """Plant a course, lay down the attacks with a control behind each, grade, and look around."""
    grounds = plant(base)
    with Doors(grounds.home / "run") as doors, victim() as target:
        told = told_about(configuration.tier, grounds, doors, target)
        done = ClassGraded(grounds, lay_down(attacks, grounds, told))
        watched = (grounds.course, grounds.submissions, grounds.home, grounds.work)
        before, mounts = snapshot(*watched), Path("/proc/self/mountinfo").read_text()
        victim_before = snapshot_one(target)
        _run(configuration, done)
        done.litter = litter(grounds)
        _run_again_and_kill(configuration, done)
        done.mounts = mounts, Path("/proc/self/mountinfo").read_text()
        after = snapshot(*watched)
        secret = str(grounds.course / ".autograder")
        done.changed = sorted(
            path
            for path in before.keys() | after.keys()
            if before.get(path) != after.get(path) and not path.startswith(secret)
        )
        done.changed += [] if snapshot_one(target) == victim_before else [str(target)]
        done.visitors = doors.visitors
    return done


def litter(grounds: Grounds) -> list[str]:
    """Return what student code left outside, and what the command left in the folder for temporary files."""
    folders = (*map(Path, _SHARED_FOLDERS), grounds.out, grounds.home, grounds.course, grounds.work)
    found = [str(path) for folder in folders for path in folder.glob(f"{LITTER}*")]
    return sorted([*found, *map(str, grounds.scratch.iterdir())])


def told_about(tier: str, grounds: Grounds, doors: Doors, target: Path) -> Told:
    """Return what the attackers are told."""
    return {
        "tier": tier,
        "paths": grounds.targets(),
        "folders": grounds.closed_folders(),
        "folder": str(grounds.submissions),
        "scratch": str(grounds.scratch),
        "victims": [str(target), *map(str, grounds.canaries.paths.values())],
        "grades": [str(grounds.out / name) for name in ("results.jsonl", "grades.csv", "report.html")],
        **doors.addresses,
    }


def lay_down(attacks: list[Attack], grounds: Grounds, told: Told) -> dict[str, str]:
    """Write everybody's submission; return attack → student."""
    names = {}
    write_module(grounds.submissions / FIRST_CONTROL, HONEST)
    for number, attack in enumerate(attacks, start=1):
        student = f"{number:03d}-attack-{attack.name}"
        attack.write(grounds.submissions, student, told)
        write_module(grounds.submissions / f"{number:03d}-control", HONEST)
        names[attack.name] = student
    return names


@contextlib.contextmanager
def victim() -> Iterator[Path]:
    """Put a file among the Python environment's own, for attackers to spoil."""
    environment = Path(sysconfig.get_paths()["purelib"])
    for left in environment.glob("zoo_victim_*.py"):  # by a run that was killed
        with contextlib.suppress(FileNotFoundError):  # another configuration's, which just came to its end
            if time.time() - left.stat().st_mtime > _LONGEST_RUN:
                left.unlink()
    path = environment / f"zoo_victim_{secrets.token_hex(4)}.py"
    path.write_text("VALUE = 1\n", encoding="ascii")
    try:
        yield path
    finally:
        path.chmod(0o600)
        path.unlink()


def snapshot_one(path: Path) -> tuple[int, int, bytes]:
    """Return mode, time and content of a file."""
    status = path.stat()
    return status.st_mode, status.st_mtime_ns, path.read_bytes()


def _launch(
    configuration: Configuration, done: ClassGraded, name: str, *students: str
) -> subprocess.Popen[bytes]:
    """Start the command below the launcher."""
    grounds = done.grounds
    ordinary = configuration.user == "ordinary" and os.geteuid() == 0
    command = grade_command(configuration, grounds, *students)
    with (grounds.base / f"{name}.txt").open("wb") as printed:
        return subprocess.Popen(
            [
                sys.executable,
                "-I",
                LAUNCHER,
                grounds.base / f"{name}.json",
                ORDINARY_USER if ordinary else "-",
                *command,
            ],
            cwd=grounds.work,
            env=grounds.environment(),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )


def _run(configuration: Configuration, done: ClassGraded) -> None:
    """Grade the class."""
    grounds = done.grounds
    process = _launch(configuration, done, "first")
    with DescriptorWatch(process.pid, grounds.out / "results.jsonl") as watch:
        process.wait()
    report = json.loads((grounds.base / "first.json").read_text(encoding="utf-8"))
    done.code, done.left = report["code"], report["left"]
    done.printed = (grounds.base / "first.txt").read_bytes()
    if not (grounds.out / "results.jsonl").exists():
        raise RuntimeError(f"Nothing was graded: {done.printed.decode(errors='replace')[-2000:]}")
    done.descriptors = watch.compared()
    done.results = _results(grounds)
    done.names = {attack: _same_prefix(name, done.results) for attack, name in done.names.items()}


def _run_again_and_kill(configuration: Configuration, done: ClassGraded) -> None:
    """Grade the gambler once more, then kill the command while the lingerer runs, as a reboot might."""
    students = [done.names[name] for name in (GAMBLER, LINGERER) if name in done.names]
    if len(students) < 2:  # only some attacks were asked for
        done.was_killed = True
        return
    gambler, lingerer = students
    _launch(configuration, done, "second", gambler).wait()
    process = _launch(configuration, done, "third", lingerer)
    lingering = wait_until(lambda: _lingers(process.pid), _START_SECONDS)
    command = next((pid for pid in descendants(process.pid) if _parent(pid) == process.pid), None)
    if lingering and command is not None:
        os.kill(command, signal.SIGKILL)
        done.was_killed = True
    process.wait()
    done.left_after_kill = json.loads((done.grounds.base / "third.json").read_text(encoding="utf-8"))["left"]
    done.again = _results(done.grounds)


def _lingers(root: int) -> bool:
    """Return whether the lingerer runs below a process."""
    for pid in descendants(root):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_bytes().strip() == LINGERS.encode():
                return True
    return False


def _parent(pid: int) -> int:
    """Return a process's parent, 0 when it has just ended."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()[1])
    return 0


def _results(grounds: Grounds) -> dict[str, dict[str, Any]]:
    """Return the last result of each student."""
    lines = (grounds.out / "results.jsonl").read_text(encoding="utf-8").split("\n")
    return {result["student"]: result for result in (json.loads(line) for line in lines if line)}


def _same_prefix(name: str, results: dict[str, dict[str, Any]]) -> str:
    """Return the student who has a result under a name, or under a longer one: some names are attacks."""
    return next((student for student in results if student.startswith(name)), name)
