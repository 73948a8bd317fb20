"""The evaluator: rebuilds a student's model from validated configuration and weights, and runs it.

It is a fresh fork of the zygote in which student code never ran. It is confined nevertheless, because the
configuration and the weights come from the student. It gets inputs and never a label.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final

from autograder.sandbox import pipes, protocol
from autograder.sandbox.protocol import Raised, Refused, Returned, RunSequences
from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runtime import prepare_tensorflow

_BATCH: Final = 512
# From this many batches on a recurrent model is compiled: that takes 0.2 s, and then each batch is 10 to 20
# times faster.
_MIN_BATCHES_TO_COMPILE: Final = 16
# Layers whose random initial values take longer than the rest of the layer. The weights replace them anyway.
_RANDOM_LAYERS: Final = frozenset({"Conv2D", "Dense"})


def main(source: int, result: int) -> None:
    """Carry out one `protocol.Evaluate` or `protocol.RunSequences`, and answer with one outcome.

    Args:
        source: descriptor of the pipe with the request.
        result: descriptor of the pipe for the outcome.
    """
    request = protocol.request_from(pipes.receive(source))
    prepare_tensorflow(0)
    outcome: protocol.Outcome
    try:
        run = isinstance(request, RunSequences)
        outcome = Returned(0, _run_sequences(request) if run else _evaluate(request))
    except _UnfitModel as error:
        outcome = Refused(0, error.refusal)
    except Exception as error:  # noqa: BLE001 - the grader decides whose fault it is
        traceback.print_exc()
        outcome = Raised(0, type(error).__name__, str(error)[:500])
    pipes.send(result, protocol.outcome_message(outcome))


class _UnfitModel(Exception):  # noqa: N818 - a finding about the model
    """The configuration is valid, but its model cannot be graded."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def _load(request: protocol.Evaluate | RunSequences) -> Any:
    """Return the model with its weights."""
    model = _rebuild(request.config)
    if len(model.outputs) != 1:
        raise _UnfitModel(Refusal(Reason.MODEL_OUTPUTS, len(model.outputs)))
    wanted_shapes = [tuple(weight.shape) for weight in model.weights]
    if wanted_shapes != [weight.shape for weight in request.weights]:
        raise _UnfitModel(Refusal(Reason.MODEL_WEIGHTS))
    model.set_weights(request.weights)
    return model


def _run_sequences(request: RunSequences) -> dict[str, Any]:
    """Run each sequence batch by batch, from a state of zeros; the state carries over to the next batch."""
    import numpy as np  # noqa: PLC0415
    import tensorflow as tf  # noqa: PLC0415 - imported by the zygote already

    model, outputs = _load(request), []
    recurrent = list(_recurrent_layers(model))
    many = sum(map(len, request.sequences)) >= _MIN_BATCHES_TO_COMPILE
    run = tf.function(model, reduce_retracing=True) if many else model
    for sequence in request.sequences:
        for layer in recurrent:
            layer.reset_states()
        outputs.append(np.stack([run(tf.constant(batch), training=False).numpy() for batch in sequence]))
    return {"outputs": outputs}


def _recurrent_layers(model: Any) -> Iterator[Any]:
    """Yield the layers that keep a state, also those of nested models."""
    import keras  # noqa: PLC0415

    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) and layer.stateful:
            yield layer
        if isinstance(layer, keras.Model):
            yield from _recurrent_layers(layer)


def _evaluate(request: protocol.Evaluate) -> dict[str, Any]:
    """Run the model in batches, and describe its layers."""
    import keras  # noqa: PLC0415 - imported by the zygote already
    import numpy as np  # noqa: PLC0415

    model, inputs, layers = _load(request), request.inputs, request.layers
    shown = [layer for layer in model.layers if type(layer) is not keras.layers.InputLayer]
    found: dict[str, Any] = {"layers": [_describe(layer) for layer in shown]}
    if inputs is None:
        return found
    wanted = [model.outputs[0], *(layer.output for layer in shown)] if layers else model.outputs[0]
    runner = keras.Model(model.inputs[0], wanted)
    size = model.inputs[0].shape[0] or _BATCH
    batches = []
    for start in range(0, len(inputs), size):
        results = runner(inputs[start : start + size], training=False)
        # Keras gives the one output itself when there is only one.
        batches.append([np.asarray(result) for result in (results if layers else [results])])
    outputs, *activations = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    names = [layer.name for layer in shown if layers]
    return found | {"outputs": outputs, "activations": dict(zip(names, activations, strict=True))}


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


def _describe(layer: Any) -> dict[str, Any]:
    """Return what checks may know about a layer."""
    return {
        "name": layer.name,
        "kind": type(layer).__name__,
        "output_shape": list(layer.output.shape)[1:],
        "parameters": layer.count_params(),
    }
