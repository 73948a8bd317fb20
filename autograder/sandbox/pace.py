"""How a process spends its time, seen from outside: computing, waiting for a core, or doing nothing.

A job may do nothing for a few seconds. Time in which it waits for a core does not count: that the machine is
busy is not the student's fault. Nor does time in which the watcher itself stood still, as in a container that
was paused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from autograder.sandbox.limits import Limits

# A process that wakes up many times a second to see that nothing has happened uses about this share.
_IDLE_SHARE: Final = 0.005
_LOOK_EVERY: Final = 0.25
_LONGEST_LOOK: Final = 1.0
_IDLE_IN_ALL: Final = 2
_CPU_GRACE: Final = 1.0
# Where the kernel does not say how long threads wait for a core, a job may take so many times its limit.
_WITHOUT_WAITS: Final = 3


class View(Protocol):
    """What is known about a process."""

    def cpu_seconds(self) -> float:
        """Return its processor time so far."""
        ...

    def waits(self) -> Mapping[int, float] | None:
        """Return thread → seconds for which it has waited for a core; None if the kernel does not say."""
        ...


class Pace:
    """Follows one process, from now on.

    Args:
        view: the process.
        limits: what it may use.
        clock: returns the time in seconds.

    """

    def __init__(self, view: View, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._view = view
        self._limits = limits
        self._clock = clock
        self._looked = clock()
        self._cpu_before = view.cpu_seconds()
        self._waits_before = view.waits() or {}
        self._elapsed = 0.0
        self._active = 0.0
        self._stretch = 0.0
        self._waited = 0.0

    @property
    def held(self) -> float:
        """The seconds in which it could have computed: all but those in which it waited for a core."""
        return self._elapsed - self._waited

    def is_over(self) -> bool:
        """Return whether the process has done nothing for too long, or has used up its processor time.

        The kernel's own limit on processor time counts ticks: a process that sleeps at each of them is not
        stopped by it.
        """
        now = self._clock()
        if now < self._looked + _LOOK_EVERY:
            return False
        step, self._looked = min(now - self._looked, _LONGEST_LOOK), now
        self._elapsed += step
        cpu, waits = self._view.cpu_seconds() - self._cpu_before, self._view.waits()
        if cpu >= self._limits.cpu_seconds + _CPU_GRACE:
            return True
        if waits is None:
            self._waited = max(self._elapsed - cpu, 0.0)  # in doubt it waited
            return self._elapsed > _WITHOUT_WAITS * self._limits.cpu_seconds + self._limits.idle_seconds
        # The thread that waited longest: a sum would grow faster than time passes.
        longest = max(
            (each - self._waits_before.get(thread, 0.0) for thread, each in waits.items()), default=0.0
        )
        self._waited = max(self._waited, min(longest, self._elapsed))
        return self._is_idle(step, cpu + self._waited, cpu)

    def _is_idle(self, step: float, active: float, cpu: float) -> bool:
        """Return whether a limit is reached.

        Args:
            step: seconds since the last look.
            active: seconds in which it computed or waited for a core, in all.
            cpu: seconds in which it computed, in all.
        """
        self._stretch += step
        if active - self._active > _IDLE_SHARE * max(self._stretch, 1.0):
            self._active, self._stretch = active, 0.0
        idle = self._elapsed - self._waited - cpu
        most = self._limits.idle_seconds
        return self._stretch >= most or idle >= _IDLE_IN_ALL * most
