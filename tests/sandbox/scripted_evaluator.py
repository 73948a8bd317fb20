"""Evaluators whose behaviour is a script, without a sandbox: for tests of what the grader does with them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import numpy as np

from autograder.sandbox.cgroup import JobGroup
from autograder.sandbox.evaluator_streams import EvaluatorStreams
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Evaluate, Returned
from autograder.sandbox.runner import Ending, EndKind, Job, Reply
from autograder.sandbox.zygote_client import ZygoteEvaluator

LONG = Limits(cpu_seconds=100)
"""The limits of a request; on a busy machine the start of a process alone takes seconds."""
OUT_OF_MEMORY = 77
"""A script that exits with this code counts as stopped for its memory."""

_PRELUDE = """
import os, sys, time
import numpy as np
from autograder.sandbox import pipes, protocol
from autograder.sandbox.protocol import CpuLimit, Raised, Returned
source, result, process = map(int, sys.argv[1:])
def requests():
    while (message := pipes.receive(source)) is not None:
        request = protocol.request_from(message)
        if not isinstance(request, CpuLimit):
            yield request
def send(outcome):
    pipes.send(result, protocol.outcome_message(outcome))
"""


class ScriptedHost:
    """A runner whose evaluators run a script; it answers workers with an empty reply.

    The script has ``requests()``, an iterator, and ``send(outcome)``; ``process`` counts the processes.

    Args:
        script: Python code.

    Attributes:
        processes: the evaluators that were started.
        workers: the workers' jobs that it was asked to run.
    """

    def __init__(self, script: str) -> None:
        self._code = _PRELUDE + script
        self.processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[Job] = []

    def run(self, job: Job) -> Reply:
        self.workers.append(job)
        return Reply(ending=Ending(EndKind.EXITED, 0, 0.0, 0.0, 0))

    def open_evaluator(self, limits: Limits) -> ZygoteEvaluator:
        with contextlib.ExitStack() as stack:
            streams = EvaluatorStreams(stack, JobGroup(None))
            source, result, log, status = streams.job_ends
            arguments = map(str, (source, result, len(self.processes)))
            process = subprocess.Popen(
                [sys.executable, "-c", self._code, *arguments],
                pass_fds=(source, result),
                stdout=log,
                stderr=log,
            )
            self.processes.append(process)
            thread = threading.Thread(target=_supervise, args=(process, os.dup(status)))
            streams.close_job_ends()
            thread.start()
            stack.callback(thread.join)
            return ZygoteEvaluator(streams, stack.pop_all(), lambda reply: reply)


def _supervise(process: subprocess.Popen[bytes], status: int) -> None:
    """Do what a supervisor does."""
    with socket.socket(fileno=status) as report:
        handle = os.pidfd_open(process.pid)
        socket.send_fds(report, [b"{}"], [handle])
        os.close(handle)
        _, status_word, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status_word)
        ending = {
            "exit": process.returncode,
            "reason": "memory" if process.returncode == OUT_OF_MEMORY else "",
            "confined": True,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "wall_seconds": 0.0,
            "peak_bytes": 0,
        }
        with contextlib.suppress(BrokenPipeError):
            report.send(json.dumps(ending).encode())


def request(name: str = "network", size: int = 3, limits: Limits | None = None) -> Job:
    """Return a request to run a network of this name on ``size`` numbers."""
    inputs = np.arange(size, dtype="float32")
    return Job(Evaluate({"config": {"name": name}}, [], inputs, layers=False), limits or LONG)


def value(reply: Reply) -> Any:
    """Return what a request returned."""
    [outcome] = reply.outcomes
    assert isinstance(outcome, Returned), outcome
    assert reply.malformed is None
    return outcome.value


def end(reply: Reply) -> EndKind:
    """Return how a request ended."""
    assert reply.ending is not None
    return reply.ending.kind


def kill(host: ScriptedHost) -> None:
    """Kill the evaluator that was started last, and wait for its end."""
    handle = os.pidfd_open(host.processes[-1].pid)
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    os.close(handle)
