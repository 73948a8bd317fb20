"""What the tests of the jail share: light zygotes, jobs of a few lines, and a look at processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.client import Job, Reply, Zygote
from autograder.sandbox.jail import Walls
from autograder.sandbox.limits import Limits
from autograder.sandbox.tier import Tier, complaint

_COMPLAINTS = {tier: complaint(tier) for tier in (Tier.NAMESPACES, Tier.LANDLOCK)}
needs_a_jail = pytest.mark.skipif(bool(_COMPLAINTS[Tier.NAMESPACES]), reason=_COMPLAINTS[Tier.NAMESPACES])
needs_a_fence = pytest.mark.skipif(bool(_COMPLAINTS[Tier.LANDLOCK]), reason=_COMPLAINTS[Tier.LANDLOCK])
CONFINED = [
    pytest.param(Tier.NAMESPACES, marks=needs_a_jail),
    pytest.param(Tier.LANDLOCK, marks=needs_a_fence),
]


def light_zygote(walls: Walls | None = None, tier: Tier = Tier.NAMESPACES) -> Zygote:
    """Start a zygote without TensorFlow, in a third of a second."""
    return Zygote(walls or Walls.around_this_python(), tier, preload=("numpy",))


def worker_job(
    code: str,
    *steps: dict[str, Any],
    files: dict[str, str] | None = None,
    seed: int = 0,
    limits: Limits | None = None,
) -> Job:
    """Return a job that imports ``code`` as ``hw.py`` and takes these steps."""
    content = {"files": {"hw.py": code} | (files or {}), "module": "hw", "seed": seed, "steps": list(steps)}
    return Job("worker", content, limits or Limits(cpu_seconds=10))


def call(function: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the step that calls one function."""
    return {"call": function, "args": list(args), "kwargs": kwargs}


def ask(zygote: Zygote, code: str, *args: Any, limits: Limits | None = None) -> Reply:
    """Call ``f`` of ``code`` in a job of its own."""
    return zygote.run(worker_job(code, call("f", *args), limits=limits))


def answer(zygote: Zygote, code: str, *args: Any, limits: Limits | None = None) -> Any:
    """Return what ``f`` of ``code`` returns."""
    reply = ask(zygote, code, *args, limits=limits)
    assert [message["outcome"] for message in reply.messages] == ["returned", "returned"], reply
    return reply.messages[-1]["value"]


def error(zygote: Zygote, code: str, *args: Any) -> str:
    """Return the exception that ``f`` of ``code`` raises, as ``kind: message``."""
    message = ask(zygote, code, *args).messages[-1]
    assert message["outcome"] == "raised", message
    return f"{message['kind']}: {message['message']}"


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
