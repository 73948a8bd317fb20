"""The code under check, as the ``submission`` and ``reference`` fixtures hand it to authors.

Its functions run in a jail. A job's reply is kept, so checks that ask for the same thing, a training above
all, share one run.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np

from autograder.checks.verdict import StudentFault
from autograder.homework import HomeworkLimits
from autograder.models.config import RefusedModel
from autograder.models.student_model import StudentModel
from autograder.reports.text import plain
from autograder.result import CheckStatus
from autograder.sandbox import wire
from autograder.sandbox.client import Ending, EndKind, Job, Reply
from autograder.sandbox.limits import MEGABYTE, Limits

_MAX_CLAIM: Final = 500
_HINTS: Final = {
    "SystemExit": "Remove exit(), quit() and sys.exit().",
    "EOFError": "Is there an input()? Nobody is there to answer.",
}
_LOOPS: Final = "Is there a loop that never ends, or work on single pixels that NumPy could do at once?"
_WAITS: Final = "Remove sleeps, input() and anything else that waits."
_ENDS_MAIN: Final = "Remove whatever ends the main thread, or changes the process itself."
_MAX_NAMES: Final = 300  # looking for a similar one among many takes long
_MAX_LINE: Final = 1_000_000
_MODEL = wire.Ref("model")  # the one that is trained


class Runner(Protocol):
    """Runs jobs: a zygote, or something that remembers replies in front of one."""

    def run(self, job: Job) -> Reply:
        """Run one job to its end."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments of one call."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model after training, and what the training function returned.

    A result that may not leave the jail, such as a History, says nothing against the model.
    """

    model: StudentModel
    claim: Any

    @property
    def returned(self) -> Any:
        """What the training function returned. Raises `StudentFault` when that cannot be graded."""
        if isinstance(self.claim, StudentFault):
            raise self.claim
        return self.claim


@dataclass(frozen=True, slots=True)
class Build:
    """One call of a function that builds a model, and functions to call with that model afterwards.

    Attributes:
        kwargs: the builder's arguments.
        then: function name → its arguments after the model.
    """

    kwargs: Mapping[str, Any] = field(default_factory=dict)
    then: Mapping[str, Call] = field(default_factory=dict)


class BuiltModel:
    """A model right after it was built, and what functions returned that were called with it.

    Whatever went wrong is raised when it is asked for: a check of the model does not fail because another
    function is not written yet.
    """

    def __init__(
        self, subject: Subject, reply: Reply, builder: str, places: Mapping[str, int], first: int
    ) -> None:
        self._subject = subject
        self._reply = reply
        self._builder = builder
        self._places = places
        self._first = first

    @cached_property
    def model(self) -> StudentModel:
        """The model. Raises `StudentFault` when it was not built or cannot be graded."""
        self._subject.value(self._reply, self._first, self._builder)
        exported = self._subject.value(self._reply, self._first + 1, self._builder)
        return self._subject.student_model(exported, self._builder)

    def returned(self, function: str) -> Any:
        """Return what a function returned. Raises `StudentFault` when it did not."""
        self._subject.value(self._reply, self._first, self._builder)
        return self._subject.value(self._reply, self._places[function], function)


class Subject:
    """A submission or a reference.

    Args:
        files: declared file name → text.
        module: the module whose functions are called.
        seed: of every job that is not given another one.
        limits: what a job may use.
        runner: runs the jobs.
    """

    def __init__(
        self, files: Mapping[str, str], module: str, seed: int, limits: HomeworkLimits, runner: Runner
    ) -> None:
        self._files = dict(files)
        self._module = module
        self._seed = seed
        self._limits = limits
        self._runner = runner
        self._replies: dict[str, Reply] = {}
        self._trainings: dict[tuple[object, ...], tuple[Reply, object]] = {}
        self._failed_import: Reply | None = None
        self.cpu_seconds = 0.0
        self.log = ""

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call one function and return what it returns.

        Args:
            function: its name.
            *args: numbers, strings, arrays, and lists, tuples and dictionaries of these.
            **kwargs: the same.

        Raises:
            StudentFault: it did not return, or returned something that may not leave the jail.
        """
        return self.calls(function, [Call(args, kwargs)])[0]

    def calls(self, function: str, cases: Sequence[Call]) -> list[Any]:
        """Call one function once for each case, in one process; return the results in order.

        Raises:
            StudentFault: one of the calls did not return.
        """
        steps = [_call_step(function, case.args, case.kwargs or {}) for case in cases]
        reply = self._run(steps, self._limits.cpu_seconds)
        return [self.value(reply, index, function) for index in range(len(steps))]

    def build(self, builder: str, builds: Sequence[Build]) -> list[BuiltModel]:
        """Call a function that builds models, several times in one process.

        Each model is taken as it is right after it was built, so it can be judged whatever becomes of the
        functions that are called with it; those come after all builds.

        Args:
            builder: name of the function that returns a model.
            builds: its arguments each time, and what to call then.
        """
        names = [f"model{number}" for number in range(len(builds))]
        steps: list[dict[str, Any]] = []
        for name, build in zip(names, builds, strict=True):
            steps += [_call_step(builder, (), build.kwargs) | {"store": name}, {"export": name}]
        places: list[dict[str, int]] = []
        for name, build in zip(names, builds, strict=True):
            places.append({function: len(steps) + index for index, function in enumerate(build.then)})
            steps += [
                _call_step(function, (wire.Ref(name), *call.args), call.kwargs or {})
                for function, call in build.then.items()
            ]
        reply = self._run(steps, self._limits.cpu_seconds)
        return [BuiltModel(self, reply, builder, spots, 2 * number) for number, spots in enumerate(places)]

    def train(
        self, builder: str, trainer: str, *args: Any, seed: int | None = None, **kwargs: Any
    ) -> TrainedModel:
        """Build a model with its defaults and train it; checks that ask for the same share one training.

        Args:
            builder: name of the function that returns the model.
            trainer: name of the function that trains it.
            *args: the trainer's arguments after the model.
            seed: given to the trainer and to the process; the submission's own when left out.
            **kwargs: the trainer's other arguments.

        Raises:
            StudentFault: it did not finish, or the model cannot be graded.
        """
        seed = self._seed if seed is None else seed
        named = ((name, _identity(value)) for name, value in sorted(kwargs.items()))
        key = (builder, trainer, seed, *map(_identity, args), *named)
        if key not in self._trainings:
            steps = [
                _call_step(builder, (), {}) | {"store": _MODEL.name},
                _call_step(trainer, (_MODEL, *args), kwargs | {"seed": seed}),
                {"export": _MODEL.name},
            ]
            reply = self._run(steps, self._limits.training_cpu_seconds, seed)
            self._trainings[key] = (
                reply,
                (args, kwargs),
            )  # kept alive, so no other object gets their identity
        reply, _ = self._trainings[key]
        self.value(reply, 0, builder)
        returned = self._claim(reply, 1, trainer)
        return TrainedModel(self.student_model(self.value(reply, 2, trainer), trainer), returned)

    def student_model(self, exported: Any, function: str) -> StudentModel:
        """Return an exported model as the grader may see it.

        Raises:
            StudentFault: it cannot be graded.
        """
        try:
            return StudentModel(exported, self._remembered)
        except RefusedModel as error:
            raise StudentFault(CheckStatus.REFUSED, f"{function}: {error}") from error

    def _run(self, steps: list[dict[str, Any]], cpu_seconds: int, seed: int | None = None) -> Reply:
        """Run steps in one worker."""
        if self._failed_import is not None:  # it would fail again, perhaps after all the time it may take
            return self._failed_import
        content = {
            "files": self._files,
            "module": self._module,
            "seed": self._seed if seed is None else seed,
            "steps": steps,
        }
        memory = self._limits.memory_mb * MEGABYTE
        reply = self._remembered(Job("worker", content, Limits(cpu_seconds=cpu_seconds, memory=memory)))
        if not _imported(reply):
            self._failed_import = reply
        return reply

    def _remembered(self, job: Job) -> Reply:
        """Run a job, or return the reply to an equal one."""
        if job.digest not in self._replies:
            reply = self._runner.run(job)
            self._replies[job.digest] = reply
            self.log += reply.log
            if reply.ending is not None:
                self.cpu_seconds += reply.ending.cpu_seconds
        return self._replies[job.digest]

    def _claim(self, reply: Reply, index: int, function: str) -> Any:
        """Return what a step returned, or the fault when it returned something that may not leave the jail.

        Raises:
            StudentFault: it did not return.
        """
        try:
            return self.value(reply, index, function)
        except StudentFault as fault:
            if fault.status is not CheckStatus.REFUSED:
                raise
            return fault

    def value(self, reply: Reply, index: int, function: str) -> Any:
        """Return what one step of a reply returned.

        Raises:
            StudentFault: it did not return; the fault says what happened instead.
        """
        file = f"{self._module}.py"
        messages = {message["step"]: message for message in reply.messages}
        imported = messages.get(-1)
        if imported is None or imported["outcome"] != "returned":
            raise _fault(imported, reply, f"importing {file}", file)
        message = messages.get(index)
        if message is None or message["outcome"] != "returned":
            raise _fault(message, reply, function, file)
        return message.get("value")


def _identity(value: object) -> object:
    """Return what tells an argument from others: large arrays by identity, everything else by content.

    Encoding thousands of images to find the reply to the same training takes longer than everything else in
    a check.
    """
    if isinstance(value, np.ndarray):
        return id(value) if value.nbytes > MEGABYTE else (value.dtype.str, value.shape, value.tobytes())
    return id(value) if isinstance(value, list | dict) else value


def _imported(reply: Reply) -> bool:
    """Return whether the worker could import the module."""
    return any(message["step"] == -1 and message["outcome"] == "returned" for message in reply.messages)


def _call_step(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the worker's step for one call."""
    return {"call": function, "args": list(args), "kwargs": dict(kwargs)}


def _fault(message: dict[str, Any] | None, reply: Reply, doing: str, file: str) -> StudentFault:
    """Say what happened in place of a result."""
    match message or {}:
        case {"outcome": "refused", "message": str(text)}:
            return StudentFault(
                CheckStatus.REFUSED,
                f"{doing} returned {plain(text, _MAX_CLAIM)}, which cannot be graded.",
                "Is a return missing? Return the model itself."
                if text.endswith("instead of a Keras model")
                else "Return NumPy arrays, numbers, strings, or lists, tuples and dictionaries of these.",
            )
        case {"outcome": "missing", "defined": list(names)}:
            known = [plain(name, 60) for name in names[:_MAX_NAMES] if isinstance(name, str)]
            return _missing(known, doing, file)
        case {"outcome": "raised", **fields}:
            return _raised(fields, doing, file)
    if reply.malformed:
        return StudentFault(CheckStatus.REFUSED, f"{doing} sent {reply.malformed}, which cannot be graded.")
    if reply.ending is None:  # an assertion would count as a check that does not hold
        raise RuntimeError("Expected a reply that says how its process ended.")
    return _ended(reply.ending, doing)


def _raised(message: Mapping[str, Any], doing: str, file: str) -> StudentFault:
    """Describe an exception in the student's code."""
    if message.get("not_implemented") is True:
        return StudentFault(CheckStatus.NOT_ATTEMPTED, f"{doing} is not written yet.")
    status = CheckStatus.OUT_OF_MEMORY if message.get("out_of_memory") is True else CheckStatus.ERROR
    number = message.get("line")
    line = f" in line {number} of {file}" if type(number) is int and 0 < number < _MAX_LINE else ""
    kind, text = (plain(str(message.get(key, "")), _MAX_CLAIM) for key in ("kind", "message"))
    return StudentFault(
        status, f"{doing} raised {kind}{line}" + (f": {text}" if text else "."), _HINTS.get(kind, "")
    )


def _missing(names: list[str], doing: str, file: str) -> StudentFault:
    """Describe a function that is not there."""
    close = difflib.get_close_matches(doing, names, 1)
    defined = ", ".join(names[:20]) or "no functions"
    return StudentFault(
        CheckStatus.ERROR,
        f"Expected a function named {doing} in {file}. Received: {defined}.",
        f"Is it {close[0]}? Names have to be exactly those of the handout." if close else "",
    )


def _ended(ending: Ending, doing: str) -> StudentFault:
    """Describe a process that ended before it had a result."""
    seconds, cpu_seconds = f"{ending.wall_seconds:.0f} seconds", f"{ending.cpu_seconds:.0f} seconds"
    killed = {
        # The kernel may let a job run a second beyond its limit: these are not the limit's seconds.
        EndKind.CPU: (
            CheckStatus.TIMEOUT,
            f"after {cpu_seconds} of processor time, with its limit used up",
            _LOOPS,
        ),
        EndKind.WALL: (CheckStatus.TIMEOUT, f"after {seconds}, most of them spent waiting", _WAITS),
        EndKind.MEMORY: (
            CheckStatus.OUT_OF_MEMORY,
            f"when it used {ending.peak_bytes / 1e9:.1f} GB of memory",
            "",
        ),
        EndKind.DISK: (CheckStatus.CRASHED, "when it wrote too many or too large files", ""),
        EndKind.THREADS: (CheckStatus.CRASHED, "when it started too many threads", ""),
        EndKind.FLOOD: (CheckStatus.CRASHED, "when it had printed more than 64 MB", ""),
        EndKind.UNWATCHED: (
            CheckStatus.CRASHED,
            "when its memory could not be measured any more",
            _ENDS_MAIN,
        ),
    }
    if ending.kind in killed:
        status, when, hint = killed[ending.kind]
        return StudentFault(status, f"{doing} was stopped {when}.", hint)
    if ending.kind is EndKind.SIGNAL:
        return StudentFault(
            CheckStatus.CRASHED, f"{doing} crashed the Python process (signal {-ending.code})."
        )
    return StudentFault(
        CheckStatus.CRASHED,
        f"{doing} ended the Python process (exit code {ending.code}) instead of returning.",
        "Remove exit(), quit() and os._exit().",
    )
