"""Descriptions of Keras networks and optimizers that a check passes to student code.

The grader's process never imports Keras, so a check only describes the objects.
`autograder.checks.script.Script.make` creates them in the student's process.
"""

from __future__ import annotations

from typing import Any

__all__ = ["layer", "network", "optimizer"]


def layer(kind: str, name: str, **options: Any) -> dict[str, Any]:
    """Return the description of a layer.

    Args:
        kind: the class in ``keras.layers``, such as "Dense".
        name: the layer's name, unique in its network.
        **options: the arguments of the class's constructor.
    """
    return _described("keras.layers", kind, {"name": name} | options)


def network(name: str, input_shape: tuple[int, ...], *layers: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a sequential network.

    Args:
        name: the network's name.
        input_shape: the shape of one input, without the batch axis.
        *layers: descriptions from `layer`, in order.
    """
    inputs = layer("InputLayer", "inputs", batch_shape=[None, *input_shape], dtype="float32")
    return _described("keras", "Sequential", {"name": name, "layers": [inputs, *layers]})


def optimizer(kind: str, **options: Any) -> dict[str, Any]:
    """Return the description of an optimizer.

    Args:
        kind: the class in ``keras.optimizers``, such as "SGD".
        **options: the arguments of the class's constructor.
    """
    return _described("keras.optimizers", kind, options)


def _described(module: str, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return a description in Keras's serialization format."""
    return {"module": module, "class_name": kind, "config": options, "registered_name": None}
