"""A cache of the replies to one submission's jobs, which also sums up their processor time."""

from __future__ import annotations

from autograder.sandbox.runner import Job, Reply, Runner, RunnerError


class Replies:
    """A runner that caches every reply, shared by all modules of a submission.

    Args:
        runner: runs each job that is not in the cache.

    Attributes:
        cpu_seconds: processor time of all jobs so far, in seconds.
        log: what the jobs printed; for staff only.
        broken: why the runner could not run a job; None if it ran all. Then no verdict counts: the fault is
            not the student's.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._replies: dict[str, Reply] = {}
        self.cpu_seconds = 0.0
        self.log = ""
        self.broken: RunnerError | None = None

    def run(self, job: Job) -> Reply:
        """Return the cached reply to an equal job, or run the job and cache its reply.

        Raises:
            RunnerError: see `Runner.run`.
        """
        if job.digest not in self._replies:
            try:
                reply = self._runner.run(job)
            except RunnerError as error:
                self.broken = error
                raise
            self._replies[job.digest] = reply
            self.log += reply.log
            if reply.ending is not None:
                self.cpu_seconds += reply.ending.cpu_seconds
        return self._replies[job.digest]
