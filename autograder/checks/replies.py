"""The replies to one submission's jobs: equal jobs run once, and what all of them cost is counted."""

from __future__ import annotations

from autograder.sandbox.runner import Job, Reply, Runner


class Replies:
    """A runner that keeps every reply, for all modules of a submission together.

    Args:
        runner: asked when there is none to an equal job.

    Attributes:
        cpu_seconds: processor time of all jobs so far.
        log: what they printed; for staff only.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._known: dict[str, Reply] = {}
        self.cpu_seconds = 0.0
        self.log = ""

    def run(self, job: Job) -> Reply:
        """Run a job, or return the reply to an equal one."""
        if job.digest not in self._known:
            reply = self._runner.run(job)
            self._known[job.digest] = reply
            self.log += reply.log
            if reply.ending is not None:
                self.cpu_seconds += reply.ending.cpu_seconds
        return self._known[job.digest]
