"""A runner that starts its processes with the first job that needs them, and says what runs now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from autograder.known.fine_replies import called_functions
from autograder.known.replies import is_repeatable
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Item, Setup
from autograder.sandbox.runner import Evaluator, Job, LocalRunner, Reply, Runner, RunnerError

Tell = Callable[[str], None]
"""Is told what runs from now on, such as "Training: train_gan"; "" is nothing."""

_SHOWN: Final = 3


class LazyRunner:
    """Starts what runs jobs when the first job comes.

    TensorFlow takes seconds to start. A job that cannot need it gets processes without it, unless those with
    TensorFlow are there already.

    Args:
        start: starts processes: with TensorFlow if its argument is true.

    Attributes:
        tell: is told when something starts.
        failed: why processes did not start; None if none failed. Every later job fails in the same way.
    """

    def __init__(self, start: Callable[[bool], LocalRunner], tell: Tell = lambda _: None) -> None:
        self.tell = tell
        self.failed: RunnerError | None = None
        self._start = start
        self._doing = ""
        self._started: dict[bool, LocalRunner] = {}

    def run(self, job: Job) -> Reply:
        """Run one job to its end.

        Raises:
            RunnerError: the processes did not start, or ended.
        """
        with_tensorflow = True in self._started or needs_tensorflow(job)
        try:
            return self._runner(with_tensorflow).run(job)
        except RunnerError as error:
            self.failed = error
            raise

    def open_evaluator(self, limits: Limits) -> Evaluator:
        """Start a process for requests of evaluators, see `EvaluatorHost`.

        Raises:
            RunnerError: it did not start.
        """
        try:
            return self._runner(with_tensorflow=True).open_evaluator(limits)
        except RunnerError as error:
            self.failed = error
            raise

    def _runner(self, with_tensorflow: bool) -> LocalRunner:
        """Return the processes, started if necessary."""
        if self.failed is not None:
            raise self.failed
        if with_tensorflow not in self._started:
            doing = self._doing
            self.announce("Starting TensorFlow" if with_tensorflow else "Starting Python")
            self._started[with_tensorflow] = self._start(with_tensorflow)
            self.announce(doing)
        return self._started[with_tensorflow]

    def announce(self, doing: str) -> None:
        """Say what runs from now on; nothing runs after a start that failed."""
        self._doing = doing
        if self.failed is None:
            self.tell(doing)

    def warm_up(self) -> None:
        """Start the processes with TensorFlow now.

        Raises:
            RunnerError: they did not start.
        """
        self._runner(with_tensorflow=True)

    def close(self) -> None:
        """End all processes."""
        while self._started:
            self._started.popitem()[1].close()


def needs_tensorflow(job: Job) -> bool:
    """Return whether a job may use TensorFlow: all evaluators do, and code that names it or Keras."""
    if not isinstance(job.request, Setup) or not all(isinstance(step, Call | Item) for step in job.steps):
        return True
    return names_tensorflow(job.request.files)


def names_tensorflow(files: Mapping[str, str]) -> bool:
    """Return whether one of a submission's files (name → text) names TensorFlow or Keras."""
    return any(name in text for text in files.values() for name in ("tensorflow", "keras"))


class Announced:
    """A runner that says what each job does.

    Args:
        runner: runs the jobs.
        tell: is told what a job does before it runs.

    Attributes:
        functions: the student's functions that jobs have called.
        jobs: number of jobs.
        stopped: number of jobs that a limit or a signal ended, so that their replies are not kept.
    """

    def __init__(self, runner: Runner, tell: Tell) -> None:
        self._runner = runner
        self._tell = tell
        self.functions: set[str] = set()
        self.jobs = 0
        self.stopped = 0

    def run(self, job: Job) -> Reply:
        """Run one job to its end."""
        called = called_functions(job.steps)
        self.jobs += 1
        self.functions.update(called)
        doing = self._doing(job, called)
        self._tell(doing)
        try:
            reply = self._runner.run(job)
        finally:
            self._tell("")
        self.stopped += not is_repeatable(reply)
        return reply

    def _doing(self, job: Job, called: tuple[str, ...]) -> str:
        """Return what a job does."""
        if not isinstance(job.request, Setup):
            return "Evaluating your network"
        if not called:
            return f"Importing {job.request.module}.py"
        if job.training:
            return f"Training: {called[-1]}"
        return f"Running {', '.join(called[:_SHOWN])}{', …' if len(called) > _SHOWN else ''}"
