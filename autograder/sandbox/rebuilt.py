"""Rebuilt networks in the evaluator, kept for the next request with the same configuration.

A network that is used again answers bit for bit what a freshly built one answers, whatever was asked before:
the states of recurrent layers and of random generators go back to what they were after the build, and what
is compiled is compiled for one exact shape.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runtime import prepare_tensorflow

MAX_NETWORKS: Final = 16
MAX_BYTES: Final = 128 << 20
_MAX_SHAPES: Final = 8  # shapes of batches that are compiled and kept, for each network
# Layers whose random initial values take longer than the rest of the layer. The weights replace them anyway.
_RANDOM_LAYERS: Final = frozenset({"Conv2D", "Dense"})


class UnfitModel(Exception):  # noqa: N818 - a finding about the model
    """The configuration is valid, but its model cannot be graded."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Rebuilt:
    """A network that was rebuilt from a validated configuration.

    Args:
        key: the configuration as text.
        config: the configuration; it is changed.

    Attributes:
        key: the configuration as text.
        model: the Keras model.
        layers: its layers in order, without the input layer.

    Raises:
        UnfitModel: the model has several outputs.
    """

    def __init__(self, key: str, config: Mapping[str, Any]) -> None:
        import keras  # noqa: PLC0415 - imported by the zygote already

        self.key = key
        prepare_tensorflow(0)
        self.model = _rebuild(config)
        if len(self.model.outputs) != 1:
            raise UnfitModel(Refusal(Reason.MODEL_OUTPUTS, len(self.model.outputs)))
        self.layers = [layer for layer in self.model.layers if type(layer) is not keras.layers.InputLayer]
        weights = {id(weight) for weight in self.model.weights}
        self._states = [(each, each.numpy()) for each in self.model.variables if id(each) not in weights]
        self._recurrent = list(_recurrent_layers(self.model))
        self._compiled: OrderedDict[object, Callable[[Any], Any]] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """The size of its weights in bytes."""
        return sum(
            weight.value.dtype.size * weight.value.shape.num_elements() for weight in self.model.weights
        )

    def set(self, weights: list[Any]) -> None:
        """Bring the network into the state of a fresh one with these weights.

        All that is random in a network of Keras comes from its own generators, whose states are set here too.
        TensorFlow is not seeded again: it would forget its kernels, which cost 40 ms.

        Raises:
            UnfitModel: they do not fit.
        """
        if [tuple(weight.shape) for weight in self.model.weights] != [weight.shape for weight in weights]:
            raise UnfitModel(Refusal(Reason.MODEL_WEIGHTS))
        self.reset_states()
        for variable, value in self._states:
            variable.assign(value)
        self.model.set_weights(weights)

    def reset_states(self) -> None:
        """Set the states of recurrent layers to zeros."""
        for layer in self._recurrent:
            layer.reset_states()

    @cached_property
    def outputs_only(self) -> Any:
        """The model as a function of its only input."""
        return self._runner(self.model.outputs[0])

    @cached_property
    def with_layers(self) -> Any:
        """The model as a function of its only input, which gives the outputs of all layers, too."""
        return self._runner([self.model.outputs[0], *(layer.output for layer in self.layers)])

    def _runner(self, wanted: Any) -> Any:
        import keras  # noqa: PLC0415

        return keras.Model(self.model.inputs[0], wanted)

    def compiled(self, batch: Any) -> Callable[[Any], Any]:
        """Return a compiled function that runs any number of batches, one after the other.

        Args:
            batch: one batch; the function takes arrays (S, …) of S batches of exactly this shape and type.
        """
        key = (batch.shape, batch.dtype.str)
        if key not in self._compiled:
            self._compiled[key] = self._compile(batch)
            if len(self._compiled) > _MAX_SHAPES:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return self._compiled[key]

    def _compile(self, batch: Any) -> Callable[[Any], Any]:
        import tensorflow as tf  # noqa: PLC0415

        wanted = tf.TensorSpec(self.model.outputs[0].shape, self.model.outputs[0].dtype)

        def run(batches: Any) -> Any:
            return tf.map_fn(
                lambda one: self.model(one, training=False),
                batches,
                fn_output_signature=wanted,
                parallel_iterations=1,  # a state goes from one batch to the next
            )

        compiled: Callable[[Any], Any] = tf.function(
            run, input_signature=[tf.TensorSpec((None, *batch.shape), batch.dtype)]
        )
        return compiled


class Networks:
    """The networks of the last requests; the one that was not used for the longest time leaves first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Rebuilt] = OrderedDict()

    def take(self, config: Mapping[str, Any]) -> Rebuilt:
        """Return the network with this configuration, and keep it no longer: its request may spoil it.

        Args:
            config: the configuration; it may be changed.

        Raises:
            UnfitModel: the model has several outputs.
        """
        key = json.dumps(config)
        return self._kept.pop(key, None) or Rebuilt(key, config)

    def keep(self, network: Rebuilt) -> None:
        """Keep a network after its request was answered."""
        self._kept[network.key] = network
        while len(self._kept) > MAX_NETWORKS or sum(each.nbytes for each in self._kept.values()) > MAX_BYTES:
            self._kept.popitem(last=False)


def _recurrent_layers(model: Any) -> Iterator[Any]:
    """Yield the layers that keep a state, also those inside nested models and wrappers of layers."""
    import keras  # noqa: PLC0415

    for layer in model._flatten_layers(include_self=False):  # noqa: SLF001 - no public name covers wrappers
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            yield layer


def _rebuild(config: Mapping[str, Any]) -> Any:
    """Return the model for a validated configuration, without weights.

    A Sequential model is built as a functional chain, because Keras would rebuild it after each layer.
    """
    import keras  # noqa: PLC0415

    first, *rest = config["config"]["layers"]
    if config["class_name"] != "Sequential" or first["class_name"] != "InputLayer":
        return keras.saving.deserialize_keras_object(config)
    inputs = keras.Input(batch_shape=first["config"]["batch_shape"], dtype=first["config"]["dtype"])
    outputs = inputs
    for layer in rest:
        if layer["class_name"] in _RANDOM_LAYERS:
            layer["config"]["kernel_initializer"] = "zeros"
        outputs = keras.saving.deserialize_keras_object(layer)(outputs)
    return keras.Model(inputs, outputs)
