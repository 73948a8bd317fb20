"""Decide whether a student's model may be rebuilt, and write its configuration in canonical form.

A model leaves the worker as JSON, and an attacker may have written every byte of the JSON. Keras's safe mode
does not make such a config safe: a Lambda layer may name any function inside Keras, and Keras loads it. So
`validate_model` writes a new config, which contains only constants of this package and values that a rule has
checked. Only the new config is deserialized, in a confined evaluator.

This module needs only the standard library: the process that decides grades imports neither Keras nor
TensorFlow. The validation reads the input only as deeply as the rules do, so all other parts of the input may
have any depth and size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from autograder.models._advice import refused_class, refused_model
from autograder.models._graph import Vertex, check_graph
from autograder.models._layers import LAYERS, STATES
from autograder.models._options import LAYERS_MODULE, check_options
from autograder.models._rules import (
    Boolean,
    Mismatch,
    ModelNotRun,
    Name,
    NotFinite,
    RefusedModel,
    check,
    describe,
    refusal,
)

__all__ = ["LayerConfig", "ModelConfig", "ModelNotRun", "NotFinite", "RefusedModel", "validate_model"]

Kind: TypeAlias = Literal["Sequential", "Functional"]
Shape: TypeAlias = tuple[int | None, ...]

MOST_LAYERS: Final = 64
DEEPEST_NESTING: Final = 3

# The modules of Keras's own two classes of models; a subclass has another module.
_MODEL_MODULES: Final = {"Sequential": "keras", "Functional": "keras.src.models.functional"}


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """One layer in canonical form; a nested model is a layer of class Sequential or Functional.

    Attributes:
        name: the layer's name, unique within its model.
        class_name: Keras's name of the class, such as ``Conv2D``.
        config: its options, with the keys of Keras's ``get_config()``.
    """

    name: str
    class_name: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A model in canonical form.

    Attributes:
        kind: ``Sequential`` or ``Functional``.
        name: the model's name.
        layers: its layers in Keras's order, input layers included; nested models are not unpacked.
        input_shapes: the shape of each input, batch axis first, in the order of the inputs.
        canonical: the argument for ``keras.saving.deserialize_keras_object``. That function may change its
            argument, so pass a copy.
    """

    kind: Kind
    name: str
    layers: tuple[LayerConfig, ...]
    input_shapes: tuple[Shape, ...]
    canonical: dict[str, Any]

    @property
    def input_shape(self) -> Shape:
        """The shape of the model's only input; the batch axis is first.

        Raises:
            RefusedModel: the model has several inputs.
        """
        if len(self.input_shapes) != 1:
            count = len(self.input_shapes)
            raise RefusedModel(
                f"Model '{self.name}': expected a model with one input. Received: {count} inputs"
            )
        return self.input_shapes[0]

    def to_json(self) -> str:
        """Return `canonical` as JSON."""
        return json.dumps(self.canonical, allow_nan=False, separators=(",", ":"))


def validate_model(untrusted: object) -> ModelConfig:
    """Return the canonical form of a model that a worker sent.

    Args:
        untrusted: the parsed JSON of ``keras.saving.serialize_keras_object(model)`` from the worker.

    Raises:
        RefusedModel: the model has a layer, an option or a connection that is not allowed. No input raises
            another exception.
    """
    return _Validator().model(untrusted)


@dataclass(frozen=True, slots=True)
class _Part:
    """A layer or model in canonical form, with the properties that the model around it needs.

    Attributes:
        layer: the canonical form.
        module: the module of its class, as Keras writes it.
        tensors: how many tensors one call returns.
        layers: the layers of a model.
        input_shapes: the shapes of a model's inputs.
    """

    layer: LayerConfig
    module: str = LAYERS_MODULE
    tensors: int = 1
    layers: tuple[LayerConfig, ...] = ()
    input_shapes: tuple[Shape, ...] = ()

    @property
    def is_input(self) -> bool:
        return self.layer.class_name == "InputLayer"

    def entry(self) -> dict[str, Any]:
        """Return the part in Keras's serialization format."""
        return {
            "module": self.module,
            "class_name": self.layer.class_name,
            "config": dict(self.layer.config),
            "registered_name": None,
        }

    def vertex(self) -> Vertex:
        """Return the part's properties that matter for the graph."""
        class_name = self.layer.class_name
        return Vertex(
            self.layer.name,
            self.tensors,
            is_input=self.is_input,
            is_functional=class_name == "Functional",
            is_recurrent=class_name in STATES or class_name == "Bidirectional",
        )


class _Validator:
    """Validates one model and all models inside it."""

    def __init__(self) -> None:
        self._layers_left = MOST_LAYERS

    def model(self, untrusted: object) -> ModelConfig:
        """Return the canonical form of the whole model."""
        class_name, module, config = _read(untrusted, "The model")
        if type(class_name) is not str or _MODEL_MODULES.get(class_name, "") != module:
            raise refused_model(class_name)
        part = self._model(class_name, config, "", prefix="", depth=0)
        kind: Kind = "Sequential" if class_name == "Sequential" else "Functional"
        return ModelConfig(kind, part.layer.name, part.layers, part.input_shapes, part.entry())

    def _part(self, untrusted: object, owner: str, prefix: str, depth: int) -> _Part:
        """Return one layer or nested model of ``owner``.

        ``prefix`` is the path of the models around the layer, for messages.
        """
        if self._layers_left == 0:
            raise RefusedModel(f"{owner}: expected at most {MOST_LAYERS} layers in all. Received: more")
        self._layers_left -= 1
        class_name, module, config = _read(untrusted, f"{owner}, one of its layers")
        if type(class_name) is str:
            if _MODEL_MODULES.get(class_name, "") == module:
                return self._model(class_name, config, owner, prefix, depth + 1)
            if module == LAYERS_MODULE and class_name in LAYERS:
                return self._layer(class_name, config, owner, prefix, depth)
        raise refused_class(_shown(config.get("name"), prefix), module, class_name)

    def _layer(
        self, class_name: str, config: dict[Any, object], owner: str, prefix: str, depth: int
    ) -> _Part:
        """Return one layer, including the layers that it wraps."""
        name = check(Name(), config.get("name"), owner, f"the name of a {class_name}")
        where = f"Layer '{prefix}{name}' ({class_name})"
        options = check_options(LAYERS[class_name], config, where)
        tensors = 1 + (STATES.get(class_name, 0) if options.get("return_state") else 0)
        for key in LAYERS[class_name].children:
            if key == "layer" or config.get(key) is not None:
                child = self._child(config.get(key), where, f"{prefix}{name}/", depth + 1)
                options[key] = child.entry()
                if class_name == "Bidirectional":
                    tensors = 1 + 2 * (self._recurrent_tensors(child, where) - 1)
        return _Part(LayerConfig(name, class_name, options), tensors=tensors)

    def _child(self, untrusted: object, where: str, prefix: str, depth: int) -> _Part:
        """Return the layer that another layer wraps."""
        if depth > DEEPEST_NESTING:
            raise RefusedModel(
                f"{where}: expected at most {DEEPEST_NESTING} layers or models inside one another."
            )
        part = self._part(untrusted, where, prefix, depth)
        if part.is_input:
            raise RefusedModel(f"{where}: expected a layer to wrap. Received: an InputLayer")
        return part

    def _recurrent_tensors(self, part: _Part, where: str) -> int:
        """Return how many tensors a call of a recurrent layer returns; refuse any other layer."""
        if part.layer.class_name not in STATES:
            raise RefusedModel(
                f"{where}: expected one of {', '.join(STATES)} to wrap. Received: a {part.layer.class_name}"
            )
        return part.tensors

    def _model(
        self, class_name: str, config: dict[Any, object], owner: str, prefix: str, depth: int
    ) -> _Part:
        """Return one model; ``owner`` is empty for the outermost model."""
        name = check(Name(), config.get("name"), owner or "The model", f"the name of a {class_name}")
        where = f"{'Layer' if owner else 'Model'} '{prefix}{name}' ({class_name})"
        if depth > DEEPEST_NESTING:
            raise RefusedModel(
                f"{where}: expected at most {DEEPEST_NESTING} layers or models inside one another."
            )
        untrusted = config.get("layers")
        if type(untrusted) is not list or len(untrusted) > MOST_LAYERS:
            raise refusal(where, "layers", f"a list of at most {MOST_LAYERS} layers", untrusted)
        inside = f"{prefix}{name}/" if depth else ""
        parts = [self._part(item, where, inside, depth) for item in untrusted]
        _refuse_duplicates(where, parts)
        build = _sequential if class_name == "Sequential" else _functional
        trainable = check(Boolean(), config.get("trainable", True), where, "trainable")
        return build(where, {"name": name, "trainable": trainable}, parts, config)


def _sequential(
    where: str, common: dict[str, Any], parts: list[_Part], untrusted: Mapping[Any, object]
) -> _Part:
    """Return the canonical form of a Sequential: an input layer, then other layers."""
    del untrusted  # only here so that `_functional` can have the same arguments
    if not parts or not parts[0].is_input:
        raise RefusedModel(
            f"{where}: expected a model that knows the shape of its input. "
            "Start it with keras.Input(shape=…), or call it once on data."
        )
    if any(part.is_input for part in parts[1:]):
        raise RefusedModel(f"{where}: expected one InputLayer, the first layer. Received: another one")
    config = common | {"layers": [part.entry() for part in parts]}
    layer = LayerConfig(common["name"], "Sequential", config)
    shape = tuple(parts[0].layer.config["batch_shape"])
    return _Part(layer, _MODEL_MODULES["Sequential"], 1, tuple(part.layer for part in parts), (shape,))


def _functional(
    where: str, common: dict[str, Any], parts: list[_Part], untrusted: Mapping[Any, Any]
) -> _Part:
    """Return the canonical form of a functional model: its layers, and the graph that connects them."""
    graph = check_graph(
        where,
        [part.vertex() for part in parts],
        [item.get("inbound_nodes") for item in untrusted["layers"]],
        untrusted.get("input_layers"),
        untrusted.get("output_layers"),
    )
    layers = [
        part.entry() | {"name": part.layer.name, "inbound_nodes": calls}
        for part, calls in zip(parts, graph.inbound, strict=True)
    ]
    config = common | {"layers": layers, "input_layers": graph.inputs, "output_layers": graph.outputs}
    by_name = {part.layer.name: part.layer for part in parts}
    shapes = tuple(tuple(by_name[name].config["batch_shape"]) for name in graph.input_names)
    layer = LayerConfig(common["name"], "Functional", config)
    return _Part(layer, _MODEL_MODULES["Functional"], graph.output_count, tuple(by_name.values()), shapes)


def _read(untrusted: object, what: str) -> tuple[object, object, dict[Any, object]]:
    """Return class name, module and options of a serialized object; only the types are checked."""
    if type(untrusted) is not dict or type(untrusted.get("config")) is not dict:
        raise RefusedModel(
            f"{what}: expected an object as Keras serialises it. Received: {describe(untrusted)}"
        )
    return untrusted.get("class_name"), untrusted.get("module"), untrusted["config"]


def _refuse_duplicates(where: str, parts: list[_Part]) -> None:
    """Refuse two layers with the same name, because a connection to that name would be ambiguous."""
    names = [part.layer.name for part in parts]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedModel(
            f"{where}: expected each layer to have a name of its own. Received: '{twice}' twice"
        )


def _shown(name: object, prefix: str) -> str:
    """Return an unchecked name in a form that is safe to show, in quotes."""
    try:
        return f"'{prefix}{Name()(name)}'"
    except Mismatch:
        return describe(name)
