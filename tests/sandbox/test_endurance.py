"""Hundreds of confined jobs, one after another and four at a time, leave nothing behind.

The light kind runs with all tests. The full kind has TensorFlow in its zygotes; it prints what it measured,
and the figures in the documentation come from there: ``tox -e endurance``.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from jail_jobs import CONFINED, call, descendants, eventually, worker_job

from autograder.sandbox.client import TENSORFLOW, Zygote
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Returned
from autograder.sandbox.runner import Job
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths

LIGHT = ("numpy",)
JOBS = 500
AT_ONCE = 4
HEAVY = [pytest.mark.endurance, pytest.mark.slow, pytest.mark.tensorflow]
KINDS = [
    pytest.param(LIGHT, id="light"),
    pytest.param(TENSORFLOW, id="tensorflow", marks=HEAVY),
]
WORK = """
import sys, time
import numpy as np
def started():
    return time.monotonic()
def work(number):
    np.save("kept.npy", np.zeros(1000))
    if "keras" not in sys.modules:
        return 3 * number
    import keras
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    return np.asarray(model(np.ones((2, 4), "float32"))).shape[1] * number
"""
# A few of them go wrong, each in its own way.
MISHAPS = {
    7: "import os\ndef started(): os.abort()\n",
    17: "import os\ndef started(): os._exit(3)\n",
    27: "def started():\n    kept = bytearray(10**12)\n",
    37: "import threading, time\ndef started():\n"
    "    threading.Thread(target=time.sleep, args=(60,)).start()\n    return time.monotonic()\n",
}


@pytest.fixture(scope="module", params=CONFINED)
def tier(request: pytest.FixtureRequest) -> Tier:
    tier: Tier = request.param
    return tier


@pytest.fixture(scope="module", params=KINDS)
def zygotes(request: pytest.FixtureRequest, tier: Tier) -> Iterator[list[Zygote]]:
    with contextlib.ExitStack() as stack:
        visible = VisiblePaths.for_this_python()
        yield [stack.enter_context(Zygote(visible, tier, request.param)) for _ in range(AT_ONCE)]


def job(number: int) -> Job:
    if mishap := MISHAPS.get(number % 50):
        return worker_job(mishap, call("started"), limits=Limits(cpu_seconds=10))
    return worker_job(WORK, call("started"), call("work", number), seed=number, limits=Limits(cpu_seconds=20))


def run(zygote: Zygote, number: int) -> float:
    """Run one job, check what it gave, and return the seconds to its first line."""
    began = time.monotonic()
    reply = zygote.run(job(number))
    if number % 50 in MISHAPS:
        assert reply.ending is not None
        return 0.0
    _, first, last = reply.outcomes
    assert last == Returned(1, 3 * number), reply
    assert isinstance(first, Returned)
    return float(first.value) - began


def left_over() -> dict[str, object]:
    """What a leak would show in: descriptors, threads and mounts of this process."""
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "mounts": Path("/proc/self/mountinfo").read_text().count("\n"),
    }


def inside(zygote: Zygote) -> dict[str, int]:
    """What a leak would show in inside: descriptors, mounts and private memory of the zygote in kilobytes."""
    started = zygote._process.pid
    # In namespaces the process that was started waits for the zygote, its first child.
    process = min(descendants(started)) if zygote._tier is Tier.NAMESPACES else started
    folder = Path(f"/proc/{process}")
    rollup = (folder / "smaps_rollup").read_text().splitlines()
    memory = sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_", "Shared_Dirty")))
    return {
        "descriptors": len(os.listdir(folder / "fd")),
        "mounts": (folder / "mountinfo").read_text().count("\n"),
        "memory": memory,
    }


@pytest.mark.parametrize("at_once", [1, AT_ONCE])
def test_five_hundred_jobs_leak_nothing(
    zygotes: list[Zygote],
    tier: Tier,
    at_once: int,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After 500 jobs no process, descriptor or mount is left, and memory has not grown."""
    used = zygotes[:at_once]
    for zygote in used:
        run(zygote, 1)
    running = descendants(os.getpid())
    before, before_inside = left_over(), [inside(zygote) for zygote in used]
    began = time.monotonic()

    def share(place: int) -> list[float]:
        return [run(used[place], number) for number in range(place, JOBS, at_once)]

    with ThreadPoolExecutor(at_once) as pool:
        seconds = [one for part in pool.map(share, range(at_once)) for one in part]
    took = time.monotonic() - began
    assert eventually(lambda: descendants(os.getpid()) <= running)
    assert left_over() == before
    after_inside = [inside(zygote) for zygote in used]
    growth = [
        after["memory"] - first["memory"] for first, after in zip(before_inside, after_inside, strict=True)
    ]
    for first, after in zip(before_inside, after_inside, strict=True):
        assert (after["descriptors"], after["mounts"]) == (first["descriptors"], first["mounts"])
    assert max(growth) < 4096  # kilobytes, of some 400,000
    milliseconds = 1000 * np.array([one for one in seconds if one])
    if request.node.get_closest_marker("endurance") is None:
        return
    with capsys.disabled():
        print(  # noqa: T201 - the figures for the documentation
            f"\n{tier}, {at_once} at a time: {JOBS} jobs in {took:.0f} s; "
            f"first line of student code after {statistics.median(milliseconds):.0f} ms (median), "
            f"{np.percentile(milliseconds, 90):.0f} ms (90 %); zygote's memory "
            f"{before_inside[0]['memory'] / 1024:.0f} MB, grown by {max(growth)} KB; "
            f"processes, descriptors, mounts: as before"
        )
