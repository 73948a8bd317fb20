"""The engine that runs slots on this machine: processes that each grade one submission after another."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final, Self

from autograder.grading.graded import Broken, Graded, decode_answer
from autograder.grading.plan import Plan
from autograder.grading.shared_zygote import SharedZygote
from autograder.grading.slot import WANTS_NEW_ZYGOTE, WANTS_ZYGOTE, SlotSettings
from autograder.known.speed import machine_measure, usual_measure
from autograder.sandbox import cgroup
from autograder.sandbox.scratch import scratch_folder, sweep
from autograder.submission import Entry

_PASSED_ON: Final = ("HOME", "KERAS_HOME", "AUTOGRADER_MNIST", "TMPDIR", "LANG")
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class LocalEngine:
    """Grades submissions in parallel on this machine.

    Args:
        jobs: number of slots.
        log: file to which the slots' output is appended; for staff.
    """

    def __init__(self, jobs: int, log: Path) -> None:
        self._jobs = jobs
        self._log = log
        sweep()  # also if nothing is left to grade

    def run(
        self, plan: Plan, entries: Sequence[Entry]
    ) -> Generator[tuple[Entry, Graded | Broken], None, None]:
        """Try each entry once, see `autograder.grading.pool.Engine`."""
        with scratch_folder() as scratch:
            Path(scratch).chmod(0o711)  # a job may run as another user, who must be able to enter
            known = Path(scratch, "known")
            known.mkdir(mode=0o700)
            group = str(cgroup.claim() or "")
            settings = SlotSettings(group, _measure(plan), str(known))
            count = min(self._jobs, len(entries))
            with (
                SharedZygote(plan, scratch, group) as zygote,
                _Slots(count, lambda: SlotProcess(plan, settings, zygote, self._log)) as slots,
                zygote.until_stopped(),
            ):
                yield from slots.run(entries)


def _measure(plan: Plan) -> float:
    """Return the measure of this machine; it is kept beside the store."""
    return machine_measure() if plan.store is None else usual_measure(plan.store.folder.parent)


class _Slots:
    """Starts slots when they are first needed, and replaces those that have ended."""

    def __init__(self, count: int, start: Callable[[], SlotProcess]) -> None:
        self._start_process = start
        self._idle: queue.SimpleQueue[SlotProcess | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._started: list[SlotProcess] = []
        self._closing = False
        self._starting = threading.Lock()  # `_started` and `_closing` change together
        # The kernel ends a slot with the thread that started it, so the threads live as long as the slots.
        self._threads = ThreadPoolExecutor(count)

    def run(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Graded | Broken]]:
        """Try each entry once."""
        waiting = {self._threads.submit(self._try, entry): entry for entry in entries}
        for done in as_completed(waiting):
            yield waiting[done], done.result()

    def _try(self, entry: Entry) -> Graded | Broken:
        """Try an entry in an idle slot."""
        slot = self._idle.get()
        try:
            if slot is None:
                slot = self._start()
            return slot.grade(entry)
        except OSError as error:  # no process or no memory is left on this machine
            return Broken(f"A grading process could not be used: {error}")
        finally:
            self._idle.put(slot if slot is not None and slot.alive else None)

    def _start(self) -> SlotProcess:
        """Start a slot.

        Raises:
            OSError: the process does not start, or the run is over.
        """
        with self._starting:
            if self._closing:
                raise OSError("Grading was stopped.")
            slot = self._start_process()
            self._started.append(slot)
        return slot

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._starting:  # a slot that is starting is in the list before it is closed
            self._closing = True
        for slot in self._started:
            slot.close()


class SlotProcess:
    """A slot as its parent sees it: the child process, and the pipes for requests and answers.

    Args:
        plan: how to grade.
        settings: what the slots of this machine share.
        zygote: the zygote of the run.
        log: file to which the output of the process is appended; for staff.

    Attributes:
        alive: whether it can grade another submission.
    """

    def __init__(self, plan: Plan, settings: SlotSettings, zygote: SharedZygote, log: Path) -> None:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._zygote, self._zygote_number = zygote, 0
        self._connection, slots_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.ExitStack() as failed, slots_end, log.open("ab") as errors:
            failed.callback(self._connection.close)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-m", "autograder.grading.slot"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment | _ENVIRONMENT,
                pass_fds=(slots_end.fileno(),),
                start_new_session=True,  # Ctrl-C reaches only the command, which ends its slots
            )
            failed.pop_all()
            self._send(pickle.dumps((plan, settings, slots_end.fileno())))
        self.alive = True

    def grade(self, entry: Entry) -> Graded | Broken:
        """Grade one submission; end the process if its answer is missing or invalid."""
        paths = [str(path.absolute()) for path in entry.paths]
        request = {"student": entry.student, "paths": paths, "seeds": entry.seeds, "homework": entry.homework}
        self._send(json.dumps(request).encode() + b"\n")
        try:
            line = self._read_answer()
        except OSError as error:
            return self._end_broken(f"The grading process ended while it waited for the sandbox ({error}).")
        if not line.endswith(b"\n"):
            return self._end_broken(f"The grading process ended (exit code {self._process.wait()}).")
        try:
            answer = decode_answer(line)
        except ValueError as error:
            return self._end_broken(f"The grading process gave an answer that cannot be used: {error}")
        if isinstance(answer, Graded) and answer.result.student != entry.student:
            return self._end_broken("The grading process gave an answer about another student.")
        return answer

    def _read_answer(self) -> bytes:
        """Return the line with the answer; give the slot a copy of the zygote meanwhile if it wants one."""
        assert self._process.stdout is not None
        while (line := self._process.stdout.readline()) in (WANTS_ZYGOTE, WANTS_NEW_ZYGOTE):
            number, self._zygote_number = self._zygote_number, 0
            broken = line == WANTS_NEW_ZYGOTE
            self._zygote_number = self._zygote.lend(self._connection, number, broken=broken)
        return line

    def _end_broken(self, because: str) -> Broken:
        """End the process, whose next answers could be wrong as well; return the reason."""
        self.close()
        return Broken(because)

    def _send(self, content: bytes) -> None:
        """Write to the slot. That the process has ended is noticed later, when its answer is missing."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(content)
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process; its copy of the zygote and every job end with it."""
        self.alive = False
        self._process.kill()
        self._process.wait()
        self._connection.close()
        number, self._zygote_number = self._zygote_number, 0
        self._zygote.give_up(number)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
