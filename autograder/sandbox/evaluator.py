"""The evaluator: rebuilds a student's model from validated configuration and weights, and runs it.

A fresh fork of the zygote that never saw student code, confined all the same: configuration and weights
are the student's. It is given inputs and never a label.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from typing import Any, Final

from autograder.sandbox import wire
from autograder.sandbox.runtime import prepare_tensorflow

_BATCH: Final = 512
# So many batches of a recurrent model are worth compiling it: 0.2 s, and then each is 10 to 20 times cheaper.
_WORTH_A_GRAPH: Final = 16
# Layers whose random start values cost more than building the layer, only to be replaced by the weights.
_RANDOM_START: Final = frozenset({"Conv2D", "Dense"})


def main(source: int, result: int) -> None:
    """Read ``config``, ``weights`` and what to do; write one message.

    With ``inputs`` (or None) and ``layers`` (bool) the message holds the model's ``layers`` (name, class,
    output shape, number of weights), its ``outputs`` for the inputs and, when asked for, the ``activations``
    of each layer. With ``sequences`` it holds the ``outputs`` for each of them.
    """
    job = wire.decode(os.pread(source, os.fstat(source).st_size, 0))
    os.close(source)
    prepare_tensorflow(0)
    try:
        value = _run_sequences(**job) if "sequences" in job else _evaluate(**job)
        reply = {"outcome": "returned", "value": value}
    except _UnfitModel as error:
        reply = {"outcome": "refused", "message": str(error)}
    except Exception as error:  # noqa: BLE001 - the grader decides whose fault it is
        traceback.print_exc()
        reply = {"outcome": "raised", "kind": type(error).__name__, "message": str(error)[:500]}
    message = memoryview(wire.encode({"step": 0} | reply))
    while message:
        message = message[os.write(result, message) :]


class _UnfitModel(Exception):  # noqa: N818 - a finding about the model
    """The configuration is well-formed, and no model that can be judged comes of it."""


def _load(config: Any, weights: list[Any]) -> Any:
    """Return the model with its weights."""
    model = _rebuild(config)
    if len(model.outputs) != 1:
        raise _UnfitModel(f"Expected a model with one output. Received: {len(model.outputs)}.")
    wanted_shapes = [tuple(weight.shape) for weight in model.weights]
    if wanted_shapes != [weight.shape for weight in weights]:
        raise _UnfitModel("Expected weights that fit the layers. Received: others.")
    model.set_weights(weights)
    return model


def _run_sequences(config: Any, weights: list[Any], sequences: list[Any]) -> dict[str, Any]:
    """Run each sequence, batch after batch, from a state of zeros; the state carries to the next batch."""
    import numpy as np  # noqa: PLC0415
    import tensorflow as tf  # noqa: PLC0415 - imported by the zygote already

    model, outputs = _load(config, weights), []
    recurrent = list(_recurrent_layers(model))
    many = sum(map(len, sequences)) >= _WORTH_A_GRAPH
    run = tf.function(model, reduce_retracing=True) if many else model
    for sequence in sequences:
        for layer in recurrent:
            layer.reset_states()
        outputs.append(np.stack([run(tf.constant(batch), training=False).numpy() for batch in sequence]))
    return {"outputs": outputs}


def _recurrent_layers(model: Any) -> Iterator[Any]:
    """Yield the layers that keep a state, those of models inside the model too."""
    import keras  # noqa: PLC0415

    for layer in model.layers:
        if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) and layer.stateful:
            yield layer
        if isinstance(layer, keras.Model):
            yield from _recurrent_layers(layer)


def _evaluate(config: Any, weights: list[Any], inputs: Any, *, layers: bool) -> dict[str, Any]:
    """Run the model in batches, and describe its layers."""
    import keras  # noqa: PLC0415 - imported by the zygote already
    import numpy as np  # noqa: PLC0415

    model = _load(config, weights)
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


def _rebuild(config: dict[str, Any]) -> Any:
    """Return the model for a validated configuration, without weights.

    A Sequential model is built as the chain it is: Keras's own way builds it anew after each layer.
    """
    import keras  # noqa: PLC0415

    first, *rest = config["config"]["layers"]
    if config["class_name"] != "Sequential" or first["class_name"] != "InputLayer":
        return keras.saving.deserialize_keras_object(config)
    inputs = keras.Input(batch_shape=first["config"]["batch_shape"], dtype=first["config"]["dtype"])
    outputs = inputs
    for layer in rest:
        if layer["class_name"] in _RANDOM_START:
            layer["config"]["kernel_initializer"] = "zeros"
        outputs = keras.saving.deserialize_keras_object(layer)(outputs)
    return keras.Model(inputs, outputs)


def _describe(layer: Any) -> dict[str, Any]:
    """Return what checks may ask about a layer."""
    return {
        "name": layer.name,
        "kind": type(layer).__name__,
        "output_shape": list(layer.output.shape)[1:],
        "parameters": layer.count_params(),
    }
