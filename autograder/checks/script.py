"""A sequence of calls in one process of student code, in which later calls can use earlier results.

A check first adds all steps to a script. Reading the first result runs the script. Each step has its own
result or fault, so a check of the network does not fail because a later function is not written yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from autograder.checks.faults import fault
from autograder.checks.verdict import StudentFault
from autograder.models.student_model import StudentModel
from autograder.result import CheckStatus
from autograder.sandbox import protocol
from autograder.sandbox.protocol import Item, Make
from autograder.sandbox.runner import EndKind, Reply
from autograder.sandbox.wire import Ref


class Step:
    """One step of a script; as an argument of a later step, it stands for the object that it returned.

    Args:
        script: the script that the step belongs to.
        index: the step's position in the script.
        function: the function that is named in the message when the step gives no result.
        needs: earlier steps that must succeed for this step's result to be valid.
        convert: turns the received value into the step's value.
    """

    def __init__(
        self,
        script: Script,
        index: int,
        function: str,
        needs: Sequence[Step] = (),
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        self._script = script
        self.index = index
        self.function = function
        self._needs = needs
        self._convert = convert

    @cached_property
    def value(self) -> Any:
        """What the step returned: a `StudentModel` if it is an export, None if later steps use the result.

        Raises:
            StudentFault: this step, or a step that it needs, gave no result.
        """
        for step in self._needs:
            step.require()
        value = self._script.read(self)
        return self._convert(value) if self._convert else value

    def require(self) -> None:
        """Raise the step's fault, unless only its result was refused because it may not leave the sandbox.

        If later steps use the result, it stays in the sandbox anyway, so then every fault is raised.

        Raises:
            StudentFault: the step failed.
        """
        try:
            _ = self.value
        except StudentFault as found:
            if found.status is not CheckStatus.REFUSED or self._script.keeps(self):
                raise


class Script:
    """The steps of one job, in order; see the module's description.

    Args:
        run: runs the steps in a worker and returns the reply.
        file: the name of the student's file, for messages.
        receive: turns an exported network into a `StudentModel`; takes the export and the name of the
            function that built the network.
        of_reference: whether the code is the reference's.
    """

    def __init__(
        self,
        run: Callable[[tuple[protocol.Step, ...]], Reply],
        file: str,
        receive: Callable[[Any, str], StudentModel],
        *,
        of_reference: bool = False,
    ) -> None:
        self._run = run
        self._file = file
        self._receive = receive
        self._of_reference = of_reference
        self._content: list[protocol.Step] = []
        self._users: dict[int, list[Step]] = {}  # step → later calls that got its object

    def call(self, function: str, *args: Any, **kwargs: Any) -> Step:
        """Add a call of a student's function.

        Args:
            function: the function's name.
            *args: numbers, strings, arrays, lists, tuples and dictionaries of these, and earlier steps.
            **kwargs: values of the same types.
        """
        used = [value for value in (*args, *kwargs.values()) if isinstance(value, Step)]
        content = protocol.Call(
            function,
            [self._reference(value) for value in args],
            {name: self._reference(value) for name, value in kwargs.items()},
        )
        step = self._add(content, function, used)
        for other in used:
            self._users.setdefault(other.index, []).append(step)
        return step

    def items(self, step: Step, count: int) -> tuple[Step, ...]:
        """Split the result of a step, a tuple or list of ``count`` objects, into one step for each object.

        A later call that uses one of the objects counts as using all of them, because networks may share
        layers.
        """
        name = self._reference(step).name
        found = tuple(
            self._add(Item(name, index, count, self._next_name()), step.function, [step])
            for index in range(count)
        )
        for item in found:
            self._users[item.index] = self._users.setdefault(step.index, [])
        return found

    def make(self, described: Mapping[str, Any], weights: Sequence[NDArray[Any]] | None = None) -> Step:
        """Add the creation of a network or an optimizer, which later steps can pass to student functions.

        Args:
            described: a description from `network` or `optimizer`.
            weights: the network's weights, in Keras's order; drawn with the script's seed when left out.
        """
        content = Make(dict(described), None if weights is None else list(weights), self._next_name())
        return self._add(content, f"making the check's {described['class_name']}", [])

    def reseed(self, seed: int) -> None:
        """Add a new seed for all random generators, so that later steps do not depend on earlier draws."""
        self._add(protocol.Reseed(seed), "seeding the process", [])

    def set_weights(self, network: Step, weights: Sequence[NDArray[Any]]) -> Step:
        """Add the replacement of a network's weights.

        Args:
            network: the step that returned the network.
            weights: the new weights, in the order and shapes of `StudentModel.weights`.
        """
        content = protocol.SetWeights(self._reference(network).name, list(weights))
        return self._add(content, network.function, [network])

    def export(self, network: Step) -> Step:
        """Add the export of a network in its current state: the step's value is a `StudentModel`.

        The export needs all earlier calls that used the network. If one of them failed, the network may be
        half trained, and is not exported.
        """
        needs = [network, *self._users.get(network.index, [])]
        function = needs[-1].function
        content = protocol.Export(self._reference(network).name)
        return self._add(content, function, needs, lambda exported: self._receive(exported, function))

    def read(self, step: Step) -> Any:
        """Return the result of a step; the first call of this method runs the script.

        Raises:
            StudentFault: the step gave no result; the message says what happened instead.
        """
        imported = self._outcomes.get(protocol.IMPORT)
        if not isinstance(imported, protocol.Returned):
            doing = step.function if is_used_up(self._reply) else f"importing {self._file}"
            raise self._fault(imported, doing)
        outcome = self._outcomes.get(step.index)
        if not isinstance(outcome, protocol.Returned):
            raise self._fault(outcome, step.function)
        return outcome.value

    def _fault(self, outcome: protocol.Outcome | None, doing: str) -> StudentFault:
        """Return why there is no result."""
        found = fault(outcome, self._reply, doing, self._file)
        found.of_reference = self._of_reference
        return found

    def keeps(self, step: Step) -> bool:
        """Return whether the worker keeps a step's result for later steps."""
        return getattr(self._content[step.index], "store", None) is not None

    @cached_property
    def _reply(self) -> Reply:
        return self._run(tuple(self._content))

    @cached_property
    def _outcomes(self) -> Mapping[int, protocol.Outcome]:
        return {outcome.step: outcome for outcome in self._reply.outcomes}

    def _add(
        self,
        content: protocol.Step,
        function: str,
        needs: Sequence[Step],
        convert: Callable[[Any], Any] | None = None,
    ) -> Step:
        """Append one step."""
        if "_reply" in vars(self):
            raise RuntimeError("Expected all steps before the first result is read.")
        self._content.append(content)
        return Step(self, len(self._content) - 1, function, needs, convert)

    def _next_name(self) -> str:
        """Return the name under which the worker keeps the next step's object."""
        return _name(len(self._content))

    def _reference(self, value: Any) -> Any:
        """Return a reference to the object of an earlier step; return any other value unchanged."""
        if not isinstance(value, Step):
            return value
        name, content = _name(value.index), self._content[value.index]
        if isinstance(content, protocol.Call):
            self._content[value.index] = replace(content, store=name)
        return Ref(name)


def is_used_up(reply: Reply) -> bool:
    """Return whether a job was not run to its end because the submission's time is used up."""
    return reply.ending is not None and reply.ending.kind is EndKind.BUDGET


def _name(index: int) -> str:
    """Return the name under which the worker keeps a step's object."""
    return f"object{index}"
