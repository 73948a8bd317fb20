"""The zygote: confines itself, imports TensorFlow once, then forks one supervisor for each job.

It is started as ``python -I -B -m autograder.sandbox.zygote`` with its control socket as standard input. The
configuration comes over the socket, because student code could read command-line arguments.

No TensorFlow operation may run in the zygote: a child that is forked after one hangs for ever.
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
import traceback
from pathlib import Path
from typing import Any, NoReturn

# Everything that runs after the fork is imported here: inside the jail the package is hidden.
from autograder.sandbox import evaluator, jail, landlock, landlock_jail, seccomp, supervisor, worker
from autograder.sandbox.processes import MESSAGE_LIMIT, end_with_parent
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths


def main() -> None:
    """Serve jobs until the grader closes the socket."""
    control = socket.socket(fileno=os.dup(0))
    settings = json.loads(control.recv(MESSAGE_LIMIT))
    try:
        facts = _prepare(settings)
    except Exception as error:  # noqa: BLE001 - the grader has to be told of every error
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        sys.exit(1)
    control.send(json.dumps(facts).encode())
    tier = Tier(settings["tier"])
    code = [] if tier is Tier.NONE else seccomp.program()
    _serve(control, supervisor.Setting(tier, VisiblePaths.from_json(settings["visible"]), code))


def _prepare(settings: dict[str, Any]) -> dict[str, Any]:
    """Confine this process and import the modules that jobs need; return facts for the grader."""
    started = time.perf_counter()
    tier = Tier(settings["tier"])
    end_with_parent()
    visible, scratch = VisiblePaths.from_json(settings["visible"]), settings["scratch"]
    if tier is Tier.NAMESPACES:
        jail.enter(visible)
    elif tier is Tier.LANDLOCK:
        landlock_jail.enter(visible, scratch)
    os.environ |= {"TMPDIR": scratch, "KERAS_HOME": f"{scratch}/.keras"}
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    confined = time.perf_counter()
    for name in settings["preload"]:
        importlib.import_module(name)
    _require_single_thread()
    gc.collect()
    gc.freeze()  # the garbage collector of a child then copies no shared pages: 80 instead of 132 MB each
    return {
        "confined_seconds": confined - started,
        "import_seconds": time.perf_counter() - confined,
        "landlock": landlock.abi() if sys.platform == "linux" else 0,
        "user": os.geteuid(),
        "versions": {name: getattr(sys.modules[name], "__version__", "") for name in settings["preload"]},
    }


def _require_single_thread() -> None:
    """Refuse to fork with several threads: locks that another thread holds stay locked in the child.

    Raises:
        RuntimeError: this process has more than one thread.
    """
    tasks = Path("/proc/self/task")
    count = len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()
    if count != 1:
        raise RuntimeError(f"expected 1 thread before forking. Received: {count}")


def _serve(control: socket.socket, setting: supervisor.Setting) -> NoReturn:
    """Fork a supervisor for each job that arrives; end this process when the grader closes the socket.

    Another process of the grader may get a copy of this one, which serves it in the same way.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps supervisors
    roles = {"worker": worker.main, "evaluator": evaluator.main}
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_LIMIT, 8)
        if not message:
            os._exit(0)
        job = json.loads(message)
        if _fork() == 0:
            control.close()
            if job["role"] == "copy":
                _serve_as_copy(descriptors, setting)
            supervisor.run(setting, job, descriptors, roles[job["role"]])
        for descriptor in descriptors:
            os.close(descriptor)


def _fork() -> int:
    """Fork; a machine that has no process left costs this job only, whose pipes are closed."""
    try:
        return os.fork()
    except OSError:
        traceback.print_exc()  # for staff
        return -1


def _serve_as_copy(descriptors: list[int], setting: supervisor.Setting) -> NoReturn:
    """Serve another process of the grader, after a message that says that this copy exists."""
    try:
        end_with_parent()
        [number] = descriptors
        control = socket.socket(fileno=number)
        control.send(b"{}")
        _serve(control, setting)
    except BaseException:  # noqa: BLE001 - a fork must never return into the zygote's loop
        traceback.print_exc()
    os._exit(97)


if __name__ == "__main__":
    main()
