"""The zygote of a run: it imports TensorFlow once, and each slot gets a copy of it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from autograder.grading.plan import Plan
from autograder.sandbox.client import Zygote
from autograder.sandbox.runner import RunnerError
from autograder.sandbox.visible import VisiblePaths

_STOPPED: Final = "Grading was stopped."


class SharedZygote:
    """Starts a zygote when the first slot wants one, and another one after a fault.

    A copy shares the memory of everything that was imported, and starts at once.

    Args:
        plan: how submissions are graded.
        scratch: folder that holds the jobs' folders, at tiers that need them.
        group: path of a delegated control group; empty without one.
    """

    def __init__(self, plan: Plan, scratch: str, group: str) -> None:
        self._plan = plan
        self._scratch = scratch
        self._group = Path(group) if group else None
        self._zygotes: dict[int, Zygote] = {}
        self._latest = 0
        self._borrowers = Counter[int]()
        self._failures = 0
        self._why = ""
        self._starting: Zygote | None = None
        self._closing = False
        self._lock = threading.Lock()
        # The kernel kills a zygote when the thread that started it ends, so this one lives on.
        self._thread = ThreadPoolExecutor(1)

    def lend(self, connection: socket.socket, number: int, *, broken: bool) -> int:
        """Send a copy of the zygote to a slot, or why there is none.

        Args:
            connection: the socket to the slot.
            number: the zygote whose copy the slot had before; 0 if it had none.
            broken: whether that copy has failed. Then no new copy is made of that zygote, because what is
                wrong with one may be wrong with all. Copies that other slots have go on.

        Returns:
            The number of the zygote; 0 if there is none.

        Raises:
            OSError: the slot has ended.
        """
        failures = self._failures
        with self._lock:
            self._take_back(number)
            if self._failures == failures:  # otherwise a start has failed while this slot waited for it
                try:
                    return self._lend_latest(connection, renew=broken and number == self._latest)
                except OSError:  # the slot has ended, which says nothing about the zygote
                    raise
                except Exception as error:  # noqa: BLE001 - it must not end the run
                    self._failures += 1
                    self._why = _STOPPED if self._closing else str(error) or type(error).__name__
            connection.send(json.dumps({"error": self._why}).encode())
        return 0

    def give_up(self, number: int) -> None:
        """Learn that a slot has ended, and with it the copy that it had.

        Args:
            number: the zygote of which it was a copy; 0 if the slot had none.
        """
        with self._lock:
            self._take_back(number)

    def _lend_latest(self, connection: socket.socket, *, renew: bool) -> int:
        """Send a copy of the latest zygote; start one if there is none, or if it is not to be used any more.

        Raises:
            RunnerError: none starts.
        """
        latest = self._zygotes.get(self._latest)
        if latest is None or renew or not latest.lend(connection):
            latest = self._start()
            if not latest.lend(connection):
                raise RunnerError("The sandbox has ended right after its start.")
        self._borrowers[self._latest] += 1
        return self._latest

    def _start(self) -> Zygote:
        """Start a zygote, which becomes the latest.

        Raises:
            RunnerError: it does not start, or the run is over.
        """
        if self._closing:
            raise RunnerError(_STOPPED)
        zygote = self._thread.submit(self._start_in_thread).result()
        before, self._latest = self._latest, self._latest + 1
        self._zygotes[self._latest] = zygote
        self._close_unused(before)
        return zygote

    def _start_in_thread(self) -> Zygote:
        """Start a zygote, see `_start`."""
        try:
            visible = VisiblePaths.for_this_python(list(self._plan.hidden))
            return Zygote(
                visible,
                self._plan.tier,
                scratch=self._scratch,
                group=self._group,
                on_start=self._set_starting,
            )
        except OSError as error:  # no process or no memory is left on this machine
            raise RunnerError(f"The sandbox did not start: {error}") from error
        finally:
            self._starting = None

    def _set_starting(self, zygote: Zygote) -> None:
        self._starting = zygote
        if self._closing:
            zygote.kill()

    def _take_back(self, number: int) -> None:
        """Count one copy less."""
        if number:
            self._borrowers[number] -= 1
            self._close_unused(number)

    def _close_unused(self, number: int) -> None:
        """Close a zygote that is not the latest if no slot has a copy of it any more."""
        if number != self._latest and not self._borrowers[number] and number in self._zygotes:
            self._zygotes.pop(number).close()

    @contextlib.contextmanager
    def until_stopped(self) -> Iterator[None]:
        """Start no zygote after this context, and end the start of one: slots that are closed wait for it."""
        try:
            yield
        finally:
            self._closing = True
            if (starting := self._starting) is not None:
                starting.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock, contextlib.ExitStack() as stack:
            stack.callback(self._thread.shutdown)
            for zygote in self._zygotes.values():
                stack.callback(zygote.close)
            self._zygotes.clear()
