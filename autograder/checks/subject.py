"""The code under test, as the fixtures ``submission`` and ``reference`` give it to a check's author.

Its functions run in the sandbox. Checks that make the same request, such as the same training, share one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.checks._training import TrainedModel
from autograder.checks.script import Script, Step, is_used_up
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
    """The arguments of one call.

    Attributes:
        args: positional arguments: numbers, strings, arrays, and lists, tuples and dictionaries of these.
        kwargs: keyword arguments of the same types.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] | None = None


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
    """A model right after it was built, and the results of functions that were called with the model.

    A fault is raised only when its result is read. So a check of the model does not fail because another
    function is not written yet.

    Attributes:
        export: the step that exported the model.
        calls: function name → the step that called it.
    """

    export: Step
    calls: Mapping[str, Step]

    @property
    def model(self) -> StudentModel:
        """The model.

        Raises:
            StudentFault: the model was not built or cannot be graded.
        """
        model: StudentModel = self.export.value
        return model

    def returned(self, function: str) -> Any:
        """Return the result of a function that was called with the model.

        Raises:
            StudentFault: the call gave no result.
        """
        return self.calls[function].value


class Subject:
    """One module of a submission or a reference.

    Args:
        files: declared file name → text.
        module: the module whose functions are called.
        seed: the seed of every job without a seed of its own.
        limits: the processor time and memory that a job may use.
        runner: runs the jobs. With `Replies`, checks that need the same job share one run.
        missing: declared file that was not handed in → the message for students.
        own_runner: runs networks of the check's own; ``runner`` when left out. It must run them in other
            processes than the submission's networks.
        of_reference: whether it is the reference. What goes wrong there is a fault of the course.
    """

    def __init__(  # noqa: PLR0913 - the parts of a job
        self,
        files: Mapping[str, str],
        module: str,
        seed: int,
        limits: HomeworkLimits,
        runner: Runner,
        *,
        missing: Mapping[str, str] | None = None,
        own_runner: Runner | None = None,
        of_reference: bool = False,
    ) -> None:
        self._files = dict(files)
        self._module = module
        self._seed = seed
        self._limits = limits
        self._runner = runner
        self._own_runner = own_runner or runner
        self._missing = dict(missing or {})
        self._of_reference = of_reference
        self._modules = {module: self}
        self._trainings: dict[tuple[object, ...], tuple[Step, Step, Step, object]] = {}
        self._failed_import: Reply | None = None

    def module(self, name: str) -> Subject:
        """Return another module of the same submission; the same name always gives the same object.

        Args:
            name: the name of a declared file, without ``.py``.

        Raises:
            ValueError: no such file is declared.
        """
        if f"{name}.py" not in {*self._files, *self._missing}:
            raise ValueError(f"Expected the name of a declared file's module. Received: {name!r}")
        if name not in self._modules:
            other = Subject(
                self._files,
                name,
                self._seed,
                self._limits,
                self._runner,
                missing=self._missing,
                own_runner=self._own_runner,
                of_reference=self._of_reference,
            )
            other._modules = self._modules
            self._modules[name] = other
        return self._modules[name]

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call one function and return its result.

        Args:
            function: the function's name.
            *args: numbers, strings, arrays, and lists, tuples and dictionaries of these.
            **kwargs: values of the same types.

        Raises:
            StudentFault: the function gave no result, or one that may not leave the sandbox.
        """
        return self.calls(function, [Call(args, kwargs)])[0]

    def calls(self, function: str, cases: Sequence[Call], *, hint: str = "") -> list[Any]:
        """Call one function once for each case, in one process; return the results in order.

        Args:
            function: the function's name.
            cases: the arguments of each call.
            hint: where the student should look when the function raises an exception, because the exception
                alone does not say why.

        Raises:
            StudentFault: one of the calls gave no result.
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
        """Return an empty script: calls in one process in which later calls can use earlier results.

        Args:
            seed: the seed of all random generators in the process; the submission's own when left out.
            training: allow the processor time of a job with training.
        """
        return Script(
            lambda steps: self._run(steps, seed, training=training),
            self._file,
            self.student_model,
            of_reference=self._of_reference,
        )

    def build(self, builder: str, builds: Sequence[Build]) -> list[BuiltModel]:
        """Call a function that builds models, several times in one process.

        Each model is exported right after it was built. The functions that use a model are called after all
        builds, so they cannot change the exported models.

        Args:
            builder: name of the function that returns a model.
            builds: the arguments of each build, and the functions to call with its model.
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
        """Build a model with default arguments and train it; equal requests share one training.

        Args:
            builder: name of the function that returns the model.
            trainer: name of the function that trains the model.
            *args: the trainer's arguments after the model.
            seed: the seed for the trainer and the process; the submission's own when left out.
            **kwargs: the trainer's other arguments.

        Raises:
            StudentFault: the training did not finish, or the model cannot be graded.
        """
        seed = self._seed if seed is None else seed
        named = ((name, _argument_key(value)) for name, value in sorted(kwargs.items()))
        key = (builder, trainer, seed, *map(_argument_key, args), *named)
        if key not in self._trainings:
            script = self.script(seed=seed, training=True)
            model = script.call(builder)
            built = script.export(model)
            training = script.call(trainer, model, *args, **kwargs, seed=seed)
            # The cache keeps the arguments alive, so that no later object gets the same id().
            self._trainings[key] = (built, training, script.export(model), (args, kwargs))
        built, training, export, _ = self._trainings[key]
        return TrainedModel(export.value, training, built)

    def student_model(self, exported: Any, function: str) -> StudentModel:
        """Return an exported model after its validation.

        Args:
            exported: the model's configuration and weights, as the worker sent them.
            function: the function that built the model, for messages.

        Raises:
            StudentFault: the model cannot be graded.
        """
        return self._model(exported, function, self._runner)

    def own_model(self, described: Any, name: str) -> StudentModel:
        """Return a network of the check's own, which never shares a process with a student's network.

        Args:
            described: the network's configuration and weights, in the form in which a worker sends them.
            name: what to call it in messages.

        Raises:
            StudentFault: the network cannot be graded.
        """
        return self._model(described, name, self._own_runner, ours=True)

    def _model(self, exported: Any, function: str, runner: Runner, *, ours: bool = False) -> StudentModel:
        """Return a model after its validation, see `student_model`."""
        try:
            return StudentModel(exported, runner.run, ours=ours, of_reference=self._of_reference and not ours)
        except RefusedModel as error:
            raise StudentFault(
                CheckStatus.REFUSED, f"{function}: {error}", of_reference=self._of_reference
            ) from error

    @property
    def _file(self) -> str:
        return f"{self._module}.py"

    def _run(self, steps: tuple[protocol.Step, ...], seed: int | None, *, training: bool) -> Reply:
        """Run steps in one worker."""
        if self._file in self._missing:
            raise StudentFault(CheckStatus.NOT_ATTEMPTED, self._missing[self._file])
        if self._failed_import is not None:  # the import would fail again, perhaps only at the time limit
            return self._failed_import
        setup = protocol.Setup(self._files, self._module, self._seed if seed is None else seed)
        seconds = self._limits.training_cpu_seconds if training else self._limits.cpu_seconds
        limits = Limits(cpu_seconds=seconds, memory=self._limits.memory_mb * MEGABYTE)
        reply = self._runner.run(Job(setup, limits, steps, training))
        if not _imported(reply) and not is_used_up(reply):
            self._failed_import = reply
        return reply


def _argument_key(value: object) -> object:
    """Return an argument's part of the cache key: the content, or ``id()`` for large arrays, lists and dicts.

    Comparing thousands of images by content would take longer than the rest of a check.
    """
    if isinstance(value, np.ndarray):
        return id(value) if value.nbytes > MEGABYTE else (value.dtype.str, value.shape, value.tobytes())
    return id(value) if isinstance(value, list | dict) else value


def _imported(reply: Reply) -> bool:
    """Return whether the worker imported the module."""
    return any(
        isinstance(outcome, protocol.Returned) and outcome.step == protocol.IMPORT
        for outcome in reply.outcomes
    )
