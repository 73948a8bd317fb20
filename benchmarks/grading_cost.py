"""Measure the cost of grading: processor time, time to start confined student code, and start of the command.

Run: ``python benchmarks/grading_cost.py [--rounds N] [--starts N]`` in an environment with the extra ``tf``.
Needs Linux.

1. *CPU-seconds of grading one correct submission* (the reference, all checks, sandbox already started),
   compared with *the same trainings alone*, in a fork of a process that has imported TensorFlow, with one
   thread. Both are measured in turn; the output has the median of each and of their ratios.
2. *Milliseconds to confined student code*: from sending a job to the first line of the student's function.
   Both processes read the same monotonic clock.
3. *Milliseconds of* ``autograder --help``, as a whole process.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autograder import datasets
from autograder.calibration.certificate import CALIBRATION, read_certificate
from autograder.grading.mode import Judge
from autograder.grading.plan import Plan
from autograder.grading.reply_store import StoredReplies
from autograder.grading.submission import grade
from autograder.homework import Course, SolvedHomework
from autograder.sandbox.client import Zygote
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Returned, Setup
from autograder.sandbox.runner import Job
from autograder.sandbox.tier import probe
from autograder.sandbox.visible import VisiblePaths
from autograder.store import Store
from autograder.submission import Entry

_CLOCK = "import time\n\ndef now():\n    return time.monotonic()\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=100)
    options = parser.parse_args()
    course = Course.find(Path(__file__).parent)
    homework = course.homework("cnn")
    visible = VisiblePaths.for_this_python()
    with Zygote(visible, probe().tier) as zygote, tempfile.TemporaryDirectory() as folder:
        _report_help(options.rounds)
        _report_starts(zygote, options.starts)
        _report_cost(zygote, homework, Path(folder), options.rounds)


def _report_help(count: int) -> None:
    """Print the time of ``autograder --help``."""
    seconds = []
    for _ in range(count + 1):
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "autograder", "--help"], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.monotonic() - started)
    print(f"autograder --help: median {1000 * statistics.median(seconds[1:]):.0f} ms, of {count}")


def _report_starts(zygote: Zygote, count: int) -> None:
    """Print the time from sending a job to the first line of confined student code."""
    job = Job(Setup({"cnn.py": _CLOCK}, "cnn", 0), Limits(), (Call("now", [], {}),))
    milliseconds = []
    for _ in range(count):
        started = time.monotonic()
        now = zygote.run(job).outcomes[-1]
        assert isinstance(now, Returned)
        milliseconds.append(1000 * (now.value - started))
    milliseconds.sort()
    print(
        f"to confined student code: median {statistics.median(milliseconds):.1f} ms, "
        f"p90 {milliseconds[int(0.9 * count)]:.1f} ms, of {count}"
    )


def _report_cost(zygote: Zygote, homework: SolvedHomework, folder: Path, rounds: int) -> None:
    """Print the processor time of grading, of the same trainings alone, and the ratio."""
    sources = {name: (homework.solution / name).read_text(encoding="utf-8") for name in homework.files}
    student, cache_folder = folder / "student", folder / "cache"
    for path in (student, cache_folder):
        path.mkdir()
    for name, source in sources.items():
        (student / name).write_text(source, encoding="utf-8")
    calibrated = read_certificate(homework.solution / CALIBRATION).checks
    plan = Plan(homework, probe().tier, bytes(32), (), Judge(calibrated))
    train = _plain_training(homework)
    graded, plain, ratios = [], [], []
    for number in range(rounds + 1):
        with SharedEvaluator(zygote) as theirs, SharedEvaluator(zygote) as ours:
            cached = StoredReplies(ours, Store(cache_folder, bytes(32)), "")
            result = grade(plan, Entry("student", (student,)), theirs, cached, ours).result
        if result.score != homework.max_score:
            sys.exit(f"Expected {homework.max_score} points for the reference. Received: {result.score}")
        alone = train()
        if number:  # the first round only fills caches
            graded.append(result.cpu_seconds)
            plain.append(alone)
            ratios.append(result.cpu_seconds / alone)
    print(
        f"grading one correct submission: median {statistics.median(graded):.2f} CPU-s; "
        f"the same three trainings alone: {statistics.median(plain):.2f} CPU-s; "
        f"ratio: median {statistics.median(ratios):.2f}, "
        f"from {min(ratios):.2f} to {max(ratios):.2f}, of {rounds} rounds"
    )


def _plain_training(homework: SolvedHomework) -> Callable[[], float]:
    """Return a function that runs all trainings in a fork of this process and returns the CPU-seconds."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    import tensorflow as tf  # noqa: PLC0415 - only here, because the grader's process never imports it

    sys.path.insert(0, str(homework.solution))
    import autoencoder  # noqa: PLC0415
    import cnn  # noqa: PLC0415

    data = datasets.load(homework.dataset).train
    parameters = homework.parameters

    def train() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        child = os.fork()
        if child == 0:
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            model = cnn.build_classifier()
            sizes = {"epochs": parameters["epochs"], "batch_size": parameters["batch_size"]}
            cnn.train_classifier(model, data.images, data.labels, seed=1, **sizes)
            noisy = autoencoder.add_noise(data.images, parameters["noise_factor"], 1)
            sizes = {name: parameters[f"autoencoder_{name}"] for name in sizes}
            for inputs in (data.images, noisy):
                _, _, whole = autoencoder.build_autoencoder()
                autoencoder.train_autoencoder(whole, inputs, data.images, seed=1, **sizes)
            os._exit(0)
        os.waitpid(child, 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return train


if __name__ == "__main__":
    main()
