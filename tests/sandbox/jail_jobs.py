"""What the tests of the jail share: light zygotes, jobs of a few lines, and a look at processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Raised, Returned, Setup, Step
from autograder.sandbox.runner import Job, Reply
from autograder.sandbox.tier import Tier, why_unavailable
from autograder.sandbox.visible import VisiblePaths
from autograder.sandbox.zygote_client import ZygoteClient


def _needs(tier: Tier) -> pytest.MarkDecorator:
    """Return the mark of tests that need a tier."""
    reason = why_unavailable(tier)
    return pytest.mark.skipif(reason is not None, reason=reason or "")


needs_a_jail = _needs(Tier.NAMESPACES)
needs_landlock = _needs(Tier.LANDLOCK)
CONFINED = [
    pytest.param(Tier.NAMESPACES, marks=needs_a_jail),
    pytest.param(Tier.LANDLOCK, marks=needs_landlock),
]


def light_zygote(visible: VisiblePaths | None = None, tier: Tier = Tier.NAMESPACES) -> Zygote:
    """Start a zygote without TensorFlow, in a third of a second."""
    return Zygote(visible or VisiblePaths.for_this_python(), tier, preload=("numpy",))


def worker_job(
    code: str,
    *steps: Step,
    files: dict[str, str] | None = None,
    seed: int = 0,
    limits: Limits | None = None,
) -> Job:
    """Return a job that imports ``code`` as ``hw.py`` and takes these steps."""
    return Job(Setup({"hw.py": code} | (files or {}), "hw", seed), limits or Limits(cpu_seconds=10), steps)


def call(function: str, *args: Any, **kwargs: Any) -> Call:
    """Return the step that calls one function."""
    return Call(function, list(args), kwargs)


def ask(zygote: ZygoteClient, code: str, *args: Any, limits: Limits | None = None) -> Reply:
    """Call ``f`` of ``code`` in a job of its own."""
    return zygote.run(worker_job(code, call("f", *args), limits=limits))


def answer(zygote: ZygoteClient, code: str, *args: Any, limits: Limits | None = None) -> Any:
    """Return what ``f`` of ``code`` returns."""
    reply = ask(zygote, code, *args, limits=limits)
    assert [type(outcome) for outcome in reply.outcomes] == [Returned, Returned], reply
    return returned(reply)


def returned(reply: Reply) -> Any:
    """Return the value of a reply's last outcome."""
    last = reply.outcomes[-1]
    assert isinstance(last, Returned), last
    return last.value


def raised(reply: Reply) -> Raised:
    """Return the exception of a reply's last outcome."""
    last = reply.outcomes[-1]
    assert isinstance(last, Raised), last
    return last


def error(zygote: Zygote, code: str, *args: Any) -> str:
    """Return the exception that ``f`` of ``code`` raises, as ``kind: message``."""
    last = raised(ask(zygote, code, *args))
    return f"{last.kind}: {last.message}"


def descendants(pid: int) -> set[int]:
    """Return the processes below one, as this test's own /proc shows them."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parents[int(entry.name)] = _parent(entry)
    found, fresh = set[int](), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def _parent(entry: Path) -> int:
    """Return a process's parent, 0 where it has just ended or only waits to be reaped."""
    try:
        state, parent = (entry / "stat").read_bytes().rpartition(b")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state in b"ZX" else int(parent)


def alive(pids: Iterable[int]) -> set[int]:
    """Return those processes that still run."""
    return {pid for pid in pids if _parent(Path(f"/proc/{pid}"))}


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
