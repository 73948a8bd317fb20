"""How a process spends its time, seen from outside: computing, waiting for a core, or doing nothing.

A job may do nothing for a few seconds. Time in which it waits for a core does not count: that the machine is
busy is not the student's fault. Nor does time that the host of a virtual machine gives to others, or in which
the watcher itself was suspended, as in a container that was paused.

Who has computed for long may do nothing for as long, up to a minute: at the end of an iteration `tf.data` may
wait for its own tuning, whose period doubles up to a minute, and uses no core meanwhile. That is not the
student's fault.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from autograder.sandbox.limits import Limits

# A process that wakes up many times a second to see that nothing has happened uses about this share.
_IDLE_SHARE: Final = 0.005
_LOOK_EVERY: Final = 0.25
_LONGEST_LOOK: Final = 1.0
_LATE_SECONDS: Final = 2.0
_LONGEST_STALL: Final = 60.0
_IDLE_IN_ALL: Final = 2
_CPU_GRACE: Final = 1.0
# Where the kernel does not say how long threads wait for a core, a job may take this many times its limit.
_WITHOUT_WAITS: Final = 3


class View(Protocol):
    """What is known about a process."""

    def cpu_seconds(self) -> float:
        """Return its processor time so far."""
        ...

    def waits(self) -> Mapping[int, float] | None:
        """Return thread → seconds for which it has waited for a core; None if the kernel does not say."""
        ...

    def stolen(self) -> Mapping[bytes, float]:
        """Return core → seconds for which the host of this virtual machine has taken it."""
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
        self._cpu, self._waits, self._stolen = 0.0, view.waits() or {}, view.stolen()
        self._elapsed = 0.0
        self._active = 0.0
        self._stretch = 0.0
        self._for_core = 0.0
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
        self._count_waiting(step, cpu, waits)
        return self._update_idle(step, cpu)

    def _count_waiting(self, step: float, cpu: float, waits: Mapping[int, float]) -> None:
        """Count how long the process could not compute since the last look.

        Args:
            step: seconds since the last look.
            cpu: seconds in which it computed, in all.
            waits: thread → seconds for which it has waited for a core, in all.
        """
        # Two threads may take turns in waiting, as where one computes and the other waits for its result. The
        # sum of all could hide that a process with many threads does nothing.
        each = (seconds - self._waits.get(thread, 0.0) for thread, seconds in waits.items())
        for_core = sum(heapq.nlargest(2, each))
        stolen = self._view.stolen()
        taken = max((seconds - self._stolen.get(core, 0.0) for core, seconds in stolen.items()), default=0.0)
        # The kernel counts a wait when it ends, so a part of it may belong to the last looks.
        idle_before = self._elapsed - step - self._waited - self._cpu
        most = max(step - (cpu - self._cpu), 0.0) + min(max(idle_before, 0.0), _LATE_SECONDS)
        self._for_core += min(for_core, most)
        self._waited += min(for_core + max(taken, 0.0), most)
        self._cpu, self._waits, self._stolen = cpu, waits, stolen

    def _update_idle(self, step: float, cpu: float) -> bool:
        """Count the time since the last look; return whether the process has done nothing for too long.

        Args:
            step: seconds since the last look.
            cpu: seconds in which it computed, in all.
        """
        active = cpu + self._for_core
        self._stretch += step
        if active - self._active > _IDLE_SHARE * max(self._stretch, 1.0):
            self._active, self._stretch = active, 0.0
        idle = self._elapsed - self._waited - cpu
        most = max(self._limits.idle_seconds, min(active, _LONGEST_STALL))
        return self._stretch >= most or idle >= _IDLE_IN_ALL * most
