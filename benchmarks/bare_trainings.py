"""The trainings of a submission without the machine around them: what they would cost in a notebook.

It grades the reference once, and keeps the jobs that train. Then it does the same calls, with the same
arguments and seeds, in forks of this process: no confinement, no messages, no exports of networks.
"""

from __future__ import annotations

import importlib
import os
import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring.specimens import named, specimens
from autograder.calibration.certificate import CALIBRATION, read_certificate
from autograder.grading.plan import Plan
from autograder.grading.submission import Runners, grade
from autograder.homework import SolvedHomework
from autograder.judging.mode import Judge
from autograder.sandbox import worker
from autograder.sandbox.client import Zygote
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Export, Setup
from autograder.sandbox.runner import Evaluator, EvaluatorHost, Job, Reply
from autograder.sandbox.runtime import prepare_tensorflow
from autograder.sandbox.tier import probe
from autograder.sandbox.visible import VisiblePaths
from autograder.submission import Entry


class Recorder:
    """A host of evaluators that keeps the jobs of student code that train.

    Args:
        host: runs the jobs.

    Attributes:
        trainings: the jobs.
    """

    def __init__(self, host: EvaluatorHost) -> None:
        self._host = host
        self.trainings: list[Job] = []

    def run(self, job: Job) -> Reply:
        """Run a job."""
        if job.training:
            self.trainings.append(job)
        return self._host.run(job)

    def open_evaluator(self, limits: Limits) -> Evaluator:
        """Start an evaluator."""
        return self._host.open_evaluator(limits)


def training_jobs(homework: SolvedHomework) -> list[Job]:
    """Grade the reference; return its jobs that train.

    Raises:
        RuntimeError: the reference did not get all points.
    """
    checks = read_certificate(homework.solution / CALIBRATION).checks
    tier = probe().tier
    plan = Plan(homework, tier, bytes(32), (), Judge(checks))
    with tempfile.TemporaryDirectory() as folder, Zygote(VisiblePaths.for_this_python(), tier) as zygote:
        [reference] = named(specimens(homework), ["reference"])
        submitted = reference.lay_out(Path(folder))
        host = Recorder(zygote)
        with SharedEvaluator(host) as theirs, SharedEvaluator(zygote) as ours:
            runners = Runners(student=theirs, reference=ours)
            result = grade(plan, Entry("reference", (submitted,)), runners).result
    if result.score != homework.max_score:
        raise RuntimeError(f"Expected {homework.max_score} points. Received: {result.score}")
    return host.trainings


def bare_seconds(jobs: Sequence[Job]) -> float:
    """Return the processor seconds of these trainings, each in a fork of this process, one thread each."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    importlib.import_module("tensorflow")  # only here, because the grader's process never imports it

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for job in jobs:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _train(job)
                code = 0
            finally:
                os._exit(code)  # nothing of the parent, such as its temporary folders, is cleaned up here
        if os.waitpid(child, 0)[1]:
            raise RuntimeError("A training failed.")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _train(job: Job) -> None:
    """Do what a worker does, except for sending results."""
    assert isinstance(job.request, Setup)
    prepare_tensorflow(job.request.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        module = worker._import(job.request.files, job.request.module)  # noqa: SLF001
        stored: dict[str, Any] = {}
        for step in job.steps:
            if not isinstance(step, Export):
                worker._run_step(step, module, stored)  # noqa: SLF001
        os.chdir(Path(folder).parent)
