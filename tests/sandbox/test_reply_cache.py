"""The cache of replies on disk."""

from pathlib import Path

from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Reseed, Setup
from autograder.sandbox.reply_cache import ReplyCache
from autograder.sandbox.runner import Ending, EndKind, Job, Reply


class Counting:
    """Answers every job with a crash, and counts them."""

    def __init__(self) -> None:
        self.jobs = 0

    def run(self, job: Job) -> Reply:
        self.jobs += 1
        return Reply(ending=Ending(EndKind.SIGNAL, -11, 0.1, 0.1, 0), log="Segmentation fault")


def test_equal_jobs_are_run_once(tmp_path: Path) -> None:
    runner = Counting()
    setup = Setup({"cnn.py": ""}, "cnn", 0)
    job = Job(setup, Limits())
    replies = [ReplyCache(runner, tmp_path).run(job) for _ in range(3)]
    assert runner.jobs == 1
    assert replies[0] == replies[2]
    ReplyCache(runner, tmp_path).run(Job(setup, Limits(), (Reseed(1),)))
    assert runner.jobs == 2
