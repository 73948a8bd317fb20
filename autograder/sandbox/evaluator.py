"""The evaluator: rebuilds networks from validated configurations and weights, and runs them.

It is a fork of the zygote in which student code never ran. It is confined nevertheless, because the
configurations and the weights come from a student. It gets inputs and never a label. It answers one request
after the other, until its input ends; what `autograder.sandbox.rebuilt` keeps changes no answer.
"""

from __future__ import annotations

import itertools
import traceback
from typing import Any, Final

from autograder.sandbox import pipes, protocol
from autograder.sandbox.protocol import CpuLimit, Raised, Refused, Returned, RunSequences
from autograder.sandbox.rebuilt import Networks, Rebuilt, UnfitModel
from autograder.sandbox.runtime import prepare_tensorflow

_BATCH: Final = 512
# From this many batches on a recurrent model is compiled: that takes 0.15 s once, and then each batch is 10
# to 50 times faster. The rule knows the request only, because compiled code may round otherwise: SimpleRNN
# does, LSTM and GRU give the same bits.
_MIN_BATCHES_TO_COMPILE: Final = 4


def main(source: int, result: int) -> None:
    """Answer each `protocol.Evaluate` and `protocol.RunSequences` with one outcome; obey each `CpuLimit`.

    Args:
        source: descriptor of the pipe with the requests.
        result: descriptor of the pipe for the outcomes.
    """
    prepare_tensorflow(0)
    networks, numbers = Networks(), itertools.count()
    while (message := pipes.receive(source)) is not None:
        request = protocol.request_from(message)
        if isinstance(request, CpuLimit):
            _obey(request)
        else:
            pipes.send(result, protocol.outcome_message(_answer(request, networks, next(numbers))))


def _obey(limit: CpuLimit) -> None:
    """Set the limit of the next request."""
    from autograder.sandbox.rlimits import allow_cpu_seconds  # noqa: PLC0415 - exists on POSIX only

    allow_cpu_seconds(limit.seconds)


def _answer(request: protocol.Evaluate | RunSequences, networks: Networks, number: int) -> protocol.Outcome:
    """Carry out one request. A network that raised an exception is not used again."""
    try:
        network = networks.take(request.config)
        network.set(request.weights)
        if isinstance(request, RunSequences):
            value = _run_sequences(network, request)
        else:
            value = _evaluate(network, request)
        networks.keep(network)
    except UnfitModel as error:
        return Refused(number, error.refusal)
    except Exception as error:  # noqa: BLE001 - the grader decides whose fault it is
        traceback.print_exc()
        return Raised(number, type(error).__name__, str(error)[:500])
    return Returned(number, value)


def _run_sequences(network: Rebuilt, request: RunSequences) -> dict[str, Any]:
    """Run each sequence batch by batch, from a state of zeros; the state carries over to the next batch."""
    import numpy as np  # noqa: PLC0415
    import tensorflow as tf  # noqa: PLC0415 - imported by the zygote already

    outputs = []
    many = sum(map(len, request.sequences)) >= _MIN_BATCHES_TO_COMPILE
    for sequence in request.sequences:
        network.reset_states()
        if many:
            outputs.append(network.compiled(sequence[0])(tf.constant(sequence)).numpy())
        else:
            found = [network.model(tf.constant(batch), training=False).numpy() for batch in sequence]
            outputs.append(np.stack(found))
    return {"outputs": outputs}


def _evaluate(network: Rebuilt, request: protocol.Evaluate) -> dict[str, Any]:
    """Run the model in batches, and describe its layers."""
    import numpy as np  # noqa: PLC0415

    inputs, layers = request.inputs, request.layers
    found: dict[str, Any] = {"layers": [_describe(layer) for layer in network.layers]}
    if inputs is None:
        return found
    runner = network.with_layers if layers else network.outputs_only
    size = network.model.inputs[0].shape[0] or _BATCH
    batches = []
    for start in range(0, len(inputs), size):
        results = runner(inputs[start : start + size], training=False)
        # Keras gives the one output itself when there is only one.
        batches.append([np.asarray(result) for result in (results if layers else [results])])
    outputs, *activations = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    names = [layer.name for layer in network.layers if layers]
    return found | {"outputs": outputs, "activations": dict(zip(names, activations, strict=True))}


def _describe(layer: Any) -> dict[str, Any]:
    """Return what checks may know about a layer."""
    return {
        "name": layer.name,
        "kind": type(layer).__name__,
        "output_shape": list(layer.output.shape)[1:],
        "parameters": layer.count_params(),
    }
