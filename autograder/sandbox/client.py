"""The Linux sandbox as a runner: start a zygote, or lend a copy of it to another process."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from autograder.sandbox.processes import MESSAGE_LIMIT
from autograder.sandbox.scratch import scratch_folder
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import SCRATCH, VisiblePaths
from autograder.sandbox.zygote_client import ZygoteClient, ZygoteError

TENSORFLOW: Final = ("numpy", "tensorflow", "keras")
_START_SECONDS: Final = 120
_COPY_SECONDS: Final = 30
_ZYGOTE_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",  # a forked process has only the thread that called fork
    "OPENBLAS_NUM_THREADS": "1",
}


class Zygote(ZygoteClient):
    """A warm, confined process that forks confined jobs, evaluators, and zygotes like itself.

    The kernel kills the zygote when the thread that started it ends: start it in a thread that lives on.

    Args:
        visible: the paths that student code may read.
        tier: how the zygote and its jobs are confined.
        preload: modules to import before the first job.
        scratch: folder in which the folder for jobs is made, at tiers without mounts; the system's temporary
            folder if none is given.
        group: a delegated control group, below which each job gets its own.
        on_start: called when the process has started, and imports; then `kill` ends it.

    Raises:
        ZygoteError: the zygote did not start; the message says why.
    """

    def __init__(  # noqa: PLR0913 - how it is confined, and where
        self,
        visible: VisiblePaths,
        tier: Tier,
        preload: tuple[str, ...] = TENSORFLOW,
        scratch: str | None = None,
        group: Path | None = None,
        on_start: Callable[[Zygote], None] = lambda _: None,
    ) -> None:
        self._cleanup = contextlib.ExitStack()
        folder = SCRATCH if tier is Tier.NAMESPACES else self._cleanup.enter_context(scratch_folder(scratch))
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the zygote
        self._cleanup.callback(errors.close)
        control, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(control, errors.fileno(), {}, tier=tier, scratch=folder, group=group)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", "autograder.sandbox.zygote"],
            stdin=zygote_end.fileno(),
            stdout=errors,
            stderr=errors,
            env=_ZYGOTE_ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # Ctrl-C and a notebook's stop button are for the grader only
        )
        zygote_end.close()
        settings = {"tier": tier, "visible": visible.to_json(), "preload": preload, "scratch": folder}
        try:
            on_start(self)
            self._control.send(json.dumps(settings).encode())
            self.facts = self._receive_facts()
        except BaseException:  # Ctrl-C too: it would not notice the closed socket before it has imported
            self._process.kill()
            self.close()
            raise

    def kill(self) -> None:
        """Kill the process; it still has to be closed."""
        self._process.kill()

    def _receive_facts(self) -> dict[str, Any]:
        """Wait until the zygote is ready; return what it reports about itself."""
        self._control.settimeout(_START_SECONDS)
        try:
            message = self._control.recv(MESSAGE_LIMIT)
        except TimeoutError as error:
            raise ZygoteError(f"The sandbox did not start within {_START_SECONDS} s.") from error
        self._control.settimeout(None)
        facts: dict[str, Any] = json.loads(message) if message else {"error": self._end_of_output()}
        if "error" in facts:
            raise ZygoteError(f"The sandbox did not start: {facts['error']}")
        return facts

    def lend(self, to: socket.socket) -> bool:
        """Fork the zygote, and send the control of the copy to another process, see `BorrowedZygote`.

        The copy shares the memory of everything that was imported.

        Args:
            to: a socket (sequence of packets) whose other end the process has.

        Returns:
            Whether there is a copy: the zygote may have ended, or cannot fork.

        Raises:
            OSError: the other process has ended.
        """
        control, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with control:
            try:
                with zygote_end:
                    request = json.dumps({"role": "copy"}).encode()
                    socket.send_fds(self._control, [request], [zygote_end.fileno()])
                control.settimeout(_COPY_SECONDS)
                if not control.recv(MESSAGE_LIMIT):
                    return False
                control.settimeout(None)
            except OSError:
                return False
            known = {"facts": self.facts, "tier": self._tier, "scratch": self._scratch}
            socket.send_fds(to, [json.dumps(known).encode()], [control.fileno(), self._errors])
        return True

    def close(self) -> None:
        """End the zygote, its copies, and all their processes."""
        super().close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._cleanup.close()
