"""How a process spends its time, seen from outside: computing, waiting for a core, or doing nothing.

A job may do nothing for a few seconds, at a stretch and in total. Time in which it waits for a core does not
count: that the machine is busy is not the student's fault.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from autograder.sandbox.limits import Limits
from autograder.sandbox.process_view import ProcessView

# A process that wakes up many times a second to see that nothing has happened uses about this share.
_IDLE_SHARE: Final = 0.005
_OBSERVE_EVERY: Final = 0.25


@dataclass(slots=True)
class Pace:
    """Follows one process.

    Attributes:
        view: the process.
        limits: what it may use.
        started: when it began, or when it got its request, on the monotonic clock.
    """

    view: ProcessView
    limits: Limits
    started: float
    _waited: float = field(default=0.0, init=False)
    _waited_before: float = field(default=0.0, init=False)
    _active: float = field(default=0.0, init=False)
    _active_since: float = field(default=0.0, init=False)
    _observed: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._waited_before = self.view.waited_seconds()
        self._active = self.view.cpu_seconds() + self._waited_before
        self._active_since = self.started

    def is_over(self) -> bool:
        """Return whether the process has done nothing for too long."""
        now = time.monotonic()
        if now < self._observed + _OBSERVE_EVERY:
            return False
        self._observed = now
        # A thread that has ended takes its count along, so the largest count so far is the best one.
        self._waited = max(self._waited, self.view.waited_seconds() - self._waited_before)
        active = self.view.cpu_seconds() + self._waited_before + self._waited
        if active - self._active > max(_IDLE_SHARE * (now - self._active_since), _IDLE_SHARE):
            self._active, self._active_since = active, now
        idle = now - self._active_since >= self.limits.idle_seconds
        elapsed = now - self.started
        waited = min(self._waited, elapsed)
        return idle or elapsed - waited > self.limits.wall_seconds or elapsed > self.limits.most_wall_seconds
