"""The graph of a functional model: which layer's output is which layer's input.

A layer may be called several times; each call is a node of the graph. A tensor is identified by layer, call
and position among the results of the call. The canonical graph contains these identifiers and no shapes,
because Keras computes the shapes from the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from autograder.models._rules import Name, RefusedModel, check, describe, refusal

MOST_CALLS: Final = 256
MOST_TENSORS: Final = 64  # inputs or outputs of one call or of a model

_A_TENSOR: Final = "a tensor that a layer of this model gives: [layer, call, position]"


@dataclass(frozen=True, slots=True)
class Vertex:
    """The properties of a layer that matter for the graph.

    Attributes:
        name: the layer's name, validated and unique.
        tensors: how many tensors one call returns.
        is_input: whether it is an InputLayer, which is never called and always available.
        is_functional: whether it is a functional model. In a model's outputs, Keras counts the calls of such
            a layer from 1.
        is_recurrent: whether a call may have an initial state.
    """

    name: str
    tensors: int = 1
    is_input: bool = False
    is_functional: bool = False
    is_recurrent: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """A validated graph in canonical form.

    Attributes:
        inbound: the calls of each layer, in the order of the layers.
        inputs: the model's input tensors, in their structure: one tensor, a list, or a dict by name.
        outputs: the model's output tensors, likewise.
        input_names: names of the input layers, in the order of the inputs.
        output_count: number of the model's outputs.
    """

    inbound: list[list[dict[str, Any]]]
    inputs: Any
    outputs: Any
    input_names: list[str]
    output_count: int


def check_graph(
    where: str, vertices: Sequence[Vertex], inbound: Sequence[object], inputs: object, outputs: object
) -> Graph:
    """Validate the graph of a functional model.

    Args:
        where: the model, for messages.
        vertices: the model's layers.
        inbound: the untrusted ``inbound_nodes`` of each layer.
        inputs: the untrusted ``input_layers``.
        outputs: the untrusted ``output_layers``.

    Raises:
        RefusedModel: a call has an input that is no tensor of this model, the graph has a cycle, or the
            inputs are not the model's input layers.
    """
    reader = _Reader(where, vertices, [_calls(where, *pair) for pair in zip(vertices, inbound, strict=True)])
    canonical = reader.read_calls()
    reader.refuse_cycles()
    model_inputs, input_names = reader.read_inputs(inputs)
    model_outputs, output_count = reader.read_outputs(outputs)
    return Graph(canonical, model_inputs, model_outputs, input_names, output_count)


def _calls(where: str, vertex: Vertex, inbound: object) -> list[Any]:
    """Return the untrusted calls of one layer; refuse a wrong number of calls."""
    least, most = (0, 0) if vertex.is_input else (1, MOST_CALLS)
    if type(inbound) is not list or not least <= len(inbound) <= most:
        expected = f"a list of {least} to {most} calls"
        raise refusal(where, f"inbound_nodes of layer '{vertex.name}'", expected, inbound)
    return inbound


class _Reader:
    """Reads one graph: checks that each tensor exists, and collects the dependencies between calls."""

    def __init__(self, where: str, vertices: Sequence[Vertex], calls: Sequence[list[Any]]) -> None:
        self._where = where
        self._vertices = {vertex.name: vertex for vertex in vertices}
        self._calls = dict(zip(self._vertices, calls, strict=True))
        self._dependencies: dict[tuple[str, int], set[tuple[str, int]]] = {}  # call → calls that it needs
        if sum(map(len, calls)) > MOST_CALLS:
            raise RefusedModel(f"{where}: expected at most {MOST_CALLS} calls of layers. Received: more")

    def read_calls(self) -> list[list[dict[str, Any]]]:
        """Return the canonical calls of each layer."""
        return [
            [self._call(self._vertices[name], index, call) for index, call in enumerate(calls)]
            for name, calls in self._calls.items()
        ]

    def refuse_cycles(self) -> None:
        """Refuse a graph with a cycle; call this after `read_calls`."""
        try:
            TopologicalSorter(self._dependencies).prepare()
        except CycleError:
            raise RefusedModel(
                f"{self._where}: expected layers that do not feed each other in a circle."
            ) from None

    def read_inputs(self, value: object) -> tuple[Any, list[str]]:
        """Return the canonical inputs, and the names of their layers."""
        canonical, tensors = self._endpoints(value, "input_layers")
        names = [name for name, _, _ in tensors]
        if sorted(names) != sorted(vertex.name for vertex in self._vertices.values() if vertex.is_input):
            raise refusal(self._where, "input_layers", "each of the model's input layers, once", value)
        return canonical, names

    def read_outputs(self, value: object) -> tuple[Any, int]:
        """Return the canonical outputs, and their number."""
        canonical, tensors = self._endpoints(value, "output_layers")
        return canonical, len(tensors)

    def _call(self, vertex: Vertex, index: int, call: object) -> dict[str, Any]:
        """Return one canonical call of a layer; its only argument is a tensor or a list of tensors."""
        where = f"{self._where}, layer '{vertex.name}'"
        args, kwargs = (call.get("args"), call.get("kwargs")) if type(call) is dict else (None, None)
        if type(args) is not list or len(args) != 1:
            raise refusal(where, "its call", "with one argument, a tensor or a list of tensors", args)
        # Keras makes the calls of one layer in order, so an earlier call may not need a later one.
        needs = self._dependencies[vertex.name, index] = {(vertex.name, index - 1)} if index else set()
        argument = self._tensors(where, args[0], needs)
        return {"args": [argument], "kwargs": self._options(where, vertex, kwargs, needs)}

    def _options(
        self, where: str, vertex: Vertex, kwargs: object, needs: set[tuple[str, int]]
    ) -> dict[str, Any]:
        """Return the canonical keyword arguments of a call."""
        if type(kwargs) is not dict:
            raise refusal(where, "kwargs", "the options of a call", kwargs)
        canonical: dict[str, Any] = {}
        for key, value in kwargs.items():
            if key == "training" and type(value) is bool:
                canonical["training"] = value
            elif key == "initial_state" and vertex.is_recurrent and value is not None:
                canonical["initial_state"] = self._tensors(where, value, needs)
            elif not _is_absent(value):
                raise refusal(where, f"its call's option {describe(key)}", "left at its default", value)
        return canonical

    def _tensors(self, where: str, value: object, needs: set[tuple[str, int]]) -> Any:
        """Return a canonical tensor or list of tensors, and add the calls that return them to ``needs``."""
        if type(value) is list:
            if not 1 <= len(value) <= MOST_TENSORS:
                raise refusal(where, "its inputs", f"1 to {MOST_TENSORS} tensors", value)
            return [self._tensor(where, item, needs) for item in value]
        return self._tensor(where, value, needs)

    def _tensor(self, where: str, value: object, needs: set[tuple[str, int]]) -> dict[str, Any]:
        """Return one canonical tensor, and add the call that returns it to ``needs``."""
        config = value.get("config") if type(value) is dict else None
        if (
            type(value) is not dict
            or value.get("class_name") != "__keras_tensor__"
            or type(config) is not dict
        ):
            raise refusal(where, "its inputs", "tensors of this model", value)
        name, call, position = self._reference(where, config.get("keras_history"), first_call=0)
        needs.add((name, call))
        # A placeholder: Keras replaces it by the tensor that the history identifies.
        history = [name, call, position]
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": [], "dtype": "float32", "keras_history": history},
        }

    def _reference(self, where: str, value: object, *, first_call: int) -> tuple[str, int, int]:
        """Return layer, call and position of a tensor; refuse a tensor that does not exist."""
        if type(value) is not list or len(value) != 3:
            raise refusal(where, "an input or output", _A_TENSOR, value)
        name, call, position = value
        vertex = self._vertices.get(name) if type(name) is str else None
        if vertex is None or type(call) is not int or type(position) is not int:
            raise refusal(where, "an input or output", _A_TENSOR, value)
        calls = 1 if vertex.is_input else len(self._calls[vertex.name])
        if not 0 <= call - first_call < calls or not 0 <= position < vertex.tensors:
            raise refusal(where, "an input or output", _A_TENSOR, value)
        return vertex.name, call, position

    def _endpoints(self, value: object, what: str) -> tuple[Any, list[tuple[str, int, int]]]:
        """Return the model's canonical inputs or outputs in their structure, and as a flat list."""
        if type(value) is dict and "class_name" not in value:
            keys = [
                check(Name(), key, self._where, f"a key of {what}")
                for key in _bounded(value, self._where, what)
            ]
            tensors = [self._endpoint(value[key]) for key in keys]
            return {key: list(tensor) for key, tensor in zip(keys, tensors, strict=True)}, tensors
        if type(value) is list and value and type(value[0]) is str:
            tensor = self._endpoint(value)
            return list(tensor), [tensor]
        if type(value) is not list:
            raise refusal(self._where, what, "tensors of this model", value)
        tensors = [self._endpoint(item) for item in _bounded(value, self._where, what)]
        return [list(tensor) for tensor in tensors], tensors

    def _endpoint(self, value: object) -> tuple[str, int, int]:
        """Return one input or output tensor of the model."""
        name = value[0] if type(value) is list and value else None
        vertex = self._vertices.get(name) if type(name) is str else None
        return self._reference(
            self._where, value, first_call=int(vertex is not None and vertex.is_functional)
        )


def _bounded(value: Any, where: str, what: str) -> list[Any]:
    """Return the items or keys of ``value``; refuse none, or more than `MOST_TENSORS`."""
    if not 1 <= len(value) <= MOST_TENSORS:
        raise refusal(where, what, f"1 to {MOST_TENSORS} tensors", value)
    return list(value)


def _is_absent(value: object) -> bool:
    """Return whether an option of a call is absent: None, or one None for each of several inputs."""
    return value is None or (type(value) is list and all(item is None for item in value))
