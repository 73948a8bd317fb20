"""Calls that run one after another in one process of student code, and hand each other what they return.

A script is written down first and runs when the first of its results is asked for. Each step keeps its own
result or fault: a check of the network does not fail because a function that comes later is not written yet.
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
from autograder.sandbox.runner import Reply
from autograder.sandbox.wire import Ref


class Step:
    """One step of a script; used as an argument of a later one, it stands for the object it returned.

    Args:
        script: which it belongs to.
        index: its place there.
        function: whose fault it is when nothing comes back.
        needs: steps without which its result means nothing.
        convert: makes the value of what came back.
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
        """What the step returned; a `StudentModel` for an exported network, None for what later steps use.

        Raises:
            StudentFault: it did not return, or one that it needs did not.
        """
        for step in self._needs:
            step.require()
        value = self._script.read(self)
        return self._convert(value) if self._convert else value

    def require(self) -> None:
        """Raise the step's fault, unless it did its work and only returned what may not leave the jail.

        What later steps use stays in the jail anyway; of such a step every fault counts.
        """
        try:
            _ = self.value
        except StudentFault as found:
            if found.status is not CheckStatus.REFUSED or self._script.keeps(self):
                raise


class Script:
    """Steps of one job; see the module.

    Args:
        run: runs the worker's steps.
        file: the student's file, for messages.
        receive: turns an exported network into a `StudentModel`, given the function that built it.
    """

    def __init__(
        self,
        run: Callable[[tuple[protocol.Step, ...]], Reply],
        file: str,
        receive: Callable[[Any, str], StudentModel],
    ) -> None:
        self._run = run
        self._file = file
        self._receive = receive
        self._content: list[protocol.Step] = []
        self._given: dict[int, list[Step]] = {}

    def call(self, function: str, *args: Any, **kwargs: Any) -> Step:
        """Call a function of the student's.

        Args:
            function: its name.
            *args: numbers, strings, arrays, lists, tuples and dictionaries of these, and earlier steps.
            **kwargs: the same.
        """
        used = [value for value in (*args, *kwargs.values()) if isinstance(value, Step)]
        content = protocol.Call(
            function,
            [self._reference(value) for value in args],
            {name: self._reference(value) for name, value in kwargs.items()},
        )
        step = self._add(content, function, used)
        for other in used:
            self._given.setdefault(other.index, []).append(step)
        return step

    def items(self, step: Step, count: int) -> tuple[Step, ...]:
        """Take apart what a function returns as a tuple or list of so many objects.

        Functions that are given one of them count as given all: networks may share layers.
        """
        name = self._reference(step).name
        found = tuple(
            self._add(Item(name, index, count, self._next_name()), step.function, [step])
            for index in range(count)
        )
        for item in found:
            self._given[item.index] = self._given.setdefault(step.index, [])
        return found

    def make(self, described: Mapping[str, Any], weights: Sequence[NDArray[Any]] | None = None) -> Step:
        """Make a network or an optimizer of the check's own, for functions that take one.

        Args:
            described: by `network` or `optimizer`.
            weights: of a network, in Keras's order; drawn with the script's seed when left out.
        """
        content = Make(dict(described), None if weights is None else list(weights), self._next_name())
        return self._add(content, f"making the check's {described['class_name']}", [])

    def reseed(self, seed: int) -> None:
        """Seed everything random in the process anew: what follows cannot rely on what came before."""
        self._add(protocol.Reseed(seed), "seeding the process", [])

    def set_weights(self, network: Step, weights: Sequence[NDArray[Any]]) -> Step:
        """Give a network other weights, in the order and shapes of `StudentModel.weights`."""
        content = protocol.SetWeights(self._reference(network).name, list(weights))
        return self._add(content, network.function, [network])

    def export(self, network: Step) -> Step:
        """Take a network as it is at this point: the step's value is a `StudentModel`.

        Functions that were given the network before have to have returned: a network after half a training is
        nobody's result.
        """
        needs = [network, *self._given.get(network.index, [])]
        function = needs[-1].function
        content = protocol.Export(self._reference(network).name)
        return self._add(content, function, needs, lambda exported: self._receive(exported, function))

    def read(self, step: Step) -> Any:
        """Return what a step returned; the first call runs the script.

        Raises:
            StudentFault: it did not return; the fault says what happened instead.
        """
        imported = self._outcomes.get(protocol.IMPORT)
        if not isinstance(imported, protocol.Returned):
            raise fault(imported, self._reply, f"importing {self._file}", self._file)
        outcome = self._outcomes.get(step.index)
        if not isinstance(outcome, protocol.Returned):
            raise fault(outcome, self._reply, step.function, self._file)
        return outcome.value

    def keeps(self, step: Step) -> bool:
        """Return whether later steps use what a step returned."""
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
        """Write down one step."""
        if "_reply" in vars(self):
            raise RuntimeError("Expected all steps before the first result is asked for.")
        self._content.append(content)
        return Step(self, len(self._content) - 1, function, needs, convert)

    def _next_name(self) -> str:
        """Return the name under which the next step's object is kept in the worker."""
        return _name(len(self._content))

    def _reference(self, value: Any) -> Any:
        """Return what stands for an earlier step's object in the worker; other values are themselves."""
        if not isinstance(value, Step):
            return value
        name, content = _name(value.index), self._content[value.index]
        if isinstance(content, protocol.Call):
            self._content[value.index] = replace(content, store=name)
        return Ref(name)


def _name(index: int) -> str:
    """Return the name under which a step's object is kept in the worker."""
    return f"object{index}"
