"""Measure the memory of slots: their processes, copies of the zygote, evaluators and jobs, and the zygote.

Run: ``python benchmarks/slot_memory.py [NAME …] [--slots N]`` in an environment with the extra ``tf``. Needs
Linux. References are graded by ``autograder grade``, two for each slot. Five times a second, the memory of
all processes below the command is added up, as the kernel counts it in ``smaps_rollup``, and divided by the
number of slots:

- *private*: pages that no other process maps. This is what one more slot costs.
- *PSS*: private pages, and of each shared page the part of one of the processes that share it.

Printed are the largest sum, and the median over time, in MB a slot, and how many processes could not be read;
such a process counts as nothing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from copied_course import copied_course

from autograder.authoring.specimens import named, specimens

UNREAD = "unread"
KINDS = {"private": ("Private_Clean", "Private_Dirty"), "PSS": ("Pss",)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("homeworks", nargs="*", default=["cnn", "rnn", "gan"])
    parser.add_argument("--slots", type=int, default=2)
    options = parser.parse_args()
    for name in options.homeworks:
        with tempfile.TemporaryDirectory() as folder:
            sums = _measure(name, options.slots, Path(folder))
        print(f"{name}, {options.slots} slots: MB a slot, largest and median over {len(sums)} samples")
        for kind in KINDS:
            values = [sample[kind] / 1000 / options.slots for sample in sums]
            print(f"  {kind}: {max(values):.0f}, {statistics.median(values):.0f}")
        print(f"  processes that could not be read: {sum(sample[UNREAD] for sample in sums)}", flush=True)


def _measure(name: str, slots: int, folder: Path) -> list[dict[str, int]]:
    """Grade a class; return the kB of each kind for each sample."""
    course = copied_course(folder, [name])
    [reference] = named(specimens(course.homework(name)), ["reference"])
    for number in range(2 * slots):
        replace(reference, name=f"student{number}").lay_out(folder / "submitted")
    command = ["-m", "autograder", "grade", name, str(folder / "submitted"), "--fresh"]
    command += ["--out", str(folder / "graded"), "--jobs", str(slots)]
    sums = []
    with subprocess.Popen([sys.executable, *command], cwd=course.root, stdout=subprocess.DEVNULL) as grading:
        while grading.poll() is None:
            sums.append(_memory(grading.pid))
            time.sleep(0.2)
    if grading.returncode or not sums:
        sys.exit(f"Expected a class that is graded. The command ended with {grading.returncode}.")
    return sums


def _below(pid: int) -> Iterator[int]:
    """Yield all processes below one."""
    for child in _children(pid):
        yield child
        yield from _below(child)


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started, from any of its threads."""
    try:
        threads = [task.name for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
    return [int(word) for thread in threads for word in _read(pid, f"task/{thread}/children").split()]


def _read(pid: int, name: str) -> str:
    """Return a file about a process; nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _memory(command: int) -> dict[str, int]:
    """Return the memory of all processes below the command, in kB."""
    found = dict.fromkeys([*KINDS, UNREAD], 0)
    for pid in _below(command):
        lines = _read(pid, "smaps_rollup").splitlines()[1:]
        found[UNREAD] += not lines and bool(_read(pid, "cmdline"))
        values = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        for kind, names in KINDS.items():
            found[kind] += sum(values.get(each, 0) for each in names)
    return found


if __name__ == "__main__":
    main()
