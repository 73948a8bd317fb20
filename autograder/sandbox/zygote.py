"""The zygote: enters the jail, imports TensorFlow once, then forks one confined process a job.

Started as ``python -I -B -m autograder.sandbox.zygote`` with its control socket as standard input. The
configuration comes over the socket, so nothing stands in the arguments that student code could read.

After the imports no TensorFlow operation may run here: a child forked after one hangs for ever.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

# Everything that runs after the fork is imported here: the package does not exist inside the jail.
from autograder.sandbox import evaluator, jail, landlock, linux, seccomp, supervisor, worker
from autograder.sandbox.tier import Tier

_MESSAGE_LIMIT = 1 << 16


def main() -> None:
    """Serve jobs until the grader closes the socket."""
    control = socket.socket(fileno=os.dup(0))
    settings = json.loads(control.recv(_MESSAGE_LIMIT))
    try:
        facts = _prepare(settings)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the grader has to hear of it
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        sys.exit(1)
    control.send(json.dumps(facts).encode())
    _serve(control, supervisor.Setting(Tier(settings["tier"]), jail.Walls.from_json(settings["walls"])))


def _prepare(settings: dict[str, Any]) -> dict[str, Any]:
    """Confine this process and import what jobs need; return facts for the grader."""
    started = time.perf_counter()
    tier = Tier(settings["tier"])
    if sys.platform == "linux":
        linux.die_with_parent()
    if tier is Tier.NAMESPACES:
        jail.enter(jail.Walls.from_json(settings["walls"]))
        os.environ["TMPDIR"] = jail.SCRATCH
        null = os.open("/dev/null", os.O_RDONLY)
    else:
        null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    confined = time.perf_counter()
    for name in settings["preload"]:
        importlib.import_module(name)
    _require_single_thread()
    gc.collect()
    gc.freeze()  # a child's collector then leaves the shared pages alone: 80 instead of 132 MB each
    return {
        "confined_seconds": confined - started,
        "import_seconds": time.perf_counter() - confined,
        "landlock": landlock.abi() if sys.platform == "linux" else 0,
        "versions": {name: getattr(sys.modules[name], "__version__", "") for name in settings["preload"]},
    }


def _require_single_thread() -> None:
    """Forking a process with threads copies locks that nobody will ever release."""
    tasks = Path("/proc/self/task")
    count = len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()
    if count != 1:
        raise RuntimeError(f"expected 1 thread before forking. Received: {count}")


def _serve(control: socket.socket, setting: supervisor.Setting) -> None:
    """Fork a supervisor for each job."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps supervisors
    roles = {"worker": worker.main, "evaluator": evaluator.main}
    code = seccomp.program() if setting.tier is Tier.NAMESPACES else []
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _MESSAGE_LIMIT, 8)
        if not message:
            os._exit(0)
        job = json.loads(message)
        if os.fork() == 0:
            control.close()
            supervisor.run(setting, code, job, descriptors, roles[job["role"]])
        for descriptor in descriptors:
            os.close(descriptor)


if __name__ == "__main__":
    main()
