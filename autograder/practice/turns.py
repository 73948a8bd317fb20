"""The order of checks on a student's machine, cheap ones first, and which verdicts come from earlier runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

from autograder.homework import Homework
from autograder.judging.check_spec import CheckSpec
from autograder.known.reach import Source
from autograder.practice.asked_checks import CheckSources
from autograder.practice.lazy_runner import Announced
from autograder.store import Store

_KIND = "cost"
_KNOWN, _ORDINARY, _STOCHASTIC = range(3)


class PracticeTurns:
    """Runs first what is known, then what was cheap the last time, and trainings last.

    Args:
        homework: the homework.
        source: the student's files.
        store: keeps what checks have cost; None if nothing is kept.
        jobs: counts the jobs that are run, those with known replies excepted.
        spent: returns the processor seconds of all jobs so far, with those of known replies.
        refused: returns how many jobs were not run to their end so far, because the time was used up.

    Attributes:
        places: identifier of a check → its place in the homework's own order.
        unchanged: the checks for which no job was run, because nothing that they use has changed.
    """

    def __init__(  # noqa: PLR0913 - what is counted
        self,
        homework: Homework,
        source: Source,
        store: Store | None,
        jobs: Announced,
        spent: Callable[[], float],
        refused: Callable[[], int] = lambda: 0,
    ) -> None:
        self._name = homework.name
        self._checks = CheckSources(homework)
        self._source = source
        self._store = store
        self._jobs = jobs
        self._spent = spent
        self._refused = refused
        self._current: tuple[str, int, int, float] | None = None
        self.places: dict[str, int] = {}
        self.unchanged: set[str] = set()

    def order(self, checks: list[CheckSpec]) -> list[CheckSpec]:
        """Return the checks in the order in which they run; a check never runs before one that it needs."""
        self.places = {check.id: place for place, check in enumerate(checks)}
        ranks: dict[str, tuple[int, float]] = {}
        for check in checks:  # what a check needs is earlier in the file
            needed = (ranks[one] for one in check.needs if one in ranks)
            ranks[check.id] = max((self._rank(check), *needed))
        return sorted(checks, key=lambda check: ranks[check.id])

    def begins(self, check: CheckSpec) -> None:
        """Learn that a check begins, and so that the one before has ended."""
        self.finish()
        self._current = (check.id, self._jobs.jobs, self._stopped(), self._spent())

    def finish(self) -> None:
        """Learn that the check which began last has ended."""
        if self._current is None:
            return
        (check, jobs, stopped, spent), self._current = self._current, None
        functions = self._functions(check)
        ended = self._stopped() == stopped
        if ended and self._jobs.jobs == jobs and not functions & self._jobs.functions:
            self.unchanged.add(check)
        # What a limit ended is run again the next time, and must not come before cheap checks.
        reach = self._source.reach_of(functions).digest if ended else ""
        if self._store is not None and (not reach or self._last(check)[0] != reach):
            entry = {"seconds": self._spent() - spent, "reach": reach}
            self._store.put(_KIND, self._key(check), json.dumps(entry).encode())

    def _stopped(self) -> int:
        """Return how many jobs have not run to their end so far."""
        return self._jobs.stopped + self._refused()

    def _rank(self, check: CheckSpec) -> tuple[int, float]:
        """Return what a check will cost: its kind, and processor seconds."""
        kind = _ORDINARY if check.stochastic is None else _STOCHASTIC
        reach, seconds = self._last(check.id)
        if reach == self._source.reach_of(self._functions(check.id)).digest:
            kind = _KNOWN
        return kind, seconds

    def _last(self, check: str) -> tuple[str, float]:
        """Return the digest of what a check used when it last ran, and its processor seconds.

        The digest is empty if it never ran, or if its replies could not be kept.
        """
        content = self._store.get(_KIND, self._key(check)) if self._store is not None else None
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(content or b"{}")
            return str(entry["reach"]), float(entry["seconds"])
        return "", 0.0

    def _functions(self, check: str) -> frozenset[str]:
        """Return the student's functions that a check calls; all of them if its source names none."""
        known = self._source.functions
        return self._checks.functions(check, known) or frozenset(known)

    def _key(self, check: str) -> str:
        return f"{self._name}\0{check}"
