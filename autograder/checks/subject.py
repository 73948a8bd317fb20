"""The code under check, as the ``submission`` and ``reference`` fixtures hand it to authors.

Its functions run in a jail. Checks that ask for the same thing, a training above all, share one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.checks.script import Script, Step
from autograder.checks.verdict import StudentFault
from autograder.homework import HomeworkLimits
from autograder.models.config import RefusedModel
from autograder.models.student_model import StudentModel
from autograder.result import CheckStatus
from autograder.sandbox import protocol
from autograder.sandbox.limits import MEGABYTE, Limits
from autograder.sandbox.runner import Job, Reply, Runner


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
    training: Step

    @property
    def returned(self) -> Any:
        """What the training function returned. Raises `StudentFault` when that cannot be graded."""
        return self.training.value


@dataclass(frozen=True, slots=True)
class Build:
    """One call of a function that builds a model, and functions to call with that model afterwards.

    Attributes:
        kwargs: the builder's arguments.
        then: function name → its arguments after the model.
    """

    kwargs: Mapping[str, Any] = field(default_factory=dict)
    then: Mapping[str, Call] = field(default_factory=dict)


@dataclass(frozen=True)
class BuiltModel:
    """A model right after it was built, and what functions returned that were called with it.

    Whatever went wrong is raised when it is asked for: a check of the model does not fail because another
    function is not written yet.
    """

    export: Step
    calls: Mapping[str, Step]

    @property
    def model(self) -> StudentModel:
        """The model. Raises `StudentFault` when it was not built or cannot be graded."""
        model: StudentModel = self.export.value
        return model

    def returned(self, function: str) -> Any:
        """Return what a function returned. Raises `StudentFault` when it did not."""
        return self.calls[function].value


class Subject:
    """One module of a submission or a reference.

    Args:
        files: declared file name → text.
        module: the module whose functions are called.
        seed: of every job that is not given another one.
        limits: what a job may use.
        runner: runs the jobs; `Replies`, so that checks of one job share it.
        missing: declared files that were not handed in, each with what students are told.
    """

    def __init__(  # noqa: PLR0913 - what a job consists of
        self,
        files: Mapping[str, str],
        module: str,
        seed: int,
        limits: HomeworkLimits,
        runner: Runner,
        missing: Mapping[str, str] | None = None,
    ) -> None:
        self._files = dict(files)
        self._module = module
        self._seed = seed
        self._limits = limits
        self._runner = runner
        self._missing = dict(missing or {})
        self._modules = {module: self}
        self._trainings: dict[tuple[object, ...], tuple[Step, Step, object]] = {}
        self._failed_import: Reply | None = None

    def module(self, name: str) -> Subject:
        """Return another module of the same submission, always the same object for one name.

        Args:
            name: of a declared file, without ``.py``.

        Raises:
            ValueError: no such file is declared.
        """
        if f"{name}.py" not in {*self._files, *self._missing}:
            raise ValueError(f"Expected the name of a declared file's module. Received: {name!r}")
        if name not in self._modules:
            other = Subject(self._files, name, self._seed, self._limits, self._runner, self._missing)
            other._modules = self._modules
            self._modules[name] = other
        return self._modules[name]

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

    def calls(self, function: str, cases: Sequence[Call], *, hint: str = "") -> list[Any]:
        """Call one function once for each case, in one process; return the results in order.

        Args:
            function: its name.
            cases: its arguments each time.
            hint: where to look when the code raises an exception, which by itself says what and not why.

        Raises:
            StudentFault: one of the calls did not return.
        """
        script = self.script()
        steps = [script.call(function, *case.args, **(case.kwargs or {})) for case in cases]
        try:
            return [step.value for step in steps]
        except StudentFault as fault:
            if fault.status is CheckStatus.ERROR and not fault.hint:
                fault.hint = hint
            raise

    def script(self, *, seed: int | None = None, training: bool = False) -> Script:
        """Return an empty script: calls in one process that may hand each other what they return.

        Args:
            seed: of everything random in the process; the submission's own when left out.
            training: allow it the processor time of a training.
        """
        seconds = self._limits.training_cpu_seconds if training else self._limits.cpu_seconds
        return Script(lambda steps: self._run(steps, seconds, seed), self._file, self.student_model)

    def build(self, builder: str, builds: Sequence[Build]) -> list[BuiltModel]:
        """Call a function that builds models, several times in one process.

        Each model is taken as it is right after it was built, so it can be judged whatever becomes of the
        functions that are called with it; those come after all builds.

        Args:
            builder: name of the function that returns a model.
            builds: its arguments each time, and what to call then.
        """
        script = self.script()
        models = [script.call(builder, **build.kwargs) for build in builds]
        exports = [script.export(model) for model in models]
        calls = [
            {
                function: script.call(function, model, *call.args, **(call.kwargs or {}))
                for function, call in build.then.items()
            }
            for build, model in zip(builds, models, strict=True)
        ]
        return [BuiltModel(export, steps) for export, steps in zip(exports, calls, strict=True)]

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
            script = self.script(seed=seed, training=True)
            model = script.call(builder)
            training = script.call(trainer, model, *args, **kwargs, seed=seed)
            # The arguments are kept alive, so that no other object gets their identity.
            self._trainings[key] = (training, script.export(model), (args, kwargs))
        training, export, _ = self._trainings[key]
        return TrainedModel(export.value, training)

    def student_model(self, exported: Any, function: str) -> StudentModel:
        """Return an exported model as the grader may see it.

        Raises:
            StudentFault: it cannot be graded.
        """
        try:
            return StudentModel(exported, self._runner.run)
        except RefusedModel as error:
            raise StudentFault(CheckStatus.REFUSED, f"{function}: {error}") from error

    @property
    def _file(self) -> str:
        return f"{self._module}.py"

    def _run(self, steps: tuple[protocol.Step, ...], cpu_seconds: int, seed: int | None = None) -> Reply:
        """Run steps in one worker."""
        if self._file in self._missing:
            raise StudentFault(CheckStatus.NOT_ATTEMPTED, self._missing[self._file])
        if self._failed_import is not None:  # it would fail again, perhaps after all the time it may take
            return self._failed_import
        setup = protocol.Setup(self._files, self._module, self._seed if seed is None else seed)
        memory = self._limits.memory_mb * MEGABYTE
        reply = self._runner.run(Job(setup, Limits(cpu_seconds=cpu_seconds, memory=memory), steps))
        if not _imported(reply):
            self._failed_import = reply
        return reply


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
    return any(
        isinstance(outcome, protocol.Returned) and outcome.step == protocol.IMPORT
        for outcome in reply.outcomes
    )
