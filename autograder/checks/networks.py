"""Keras networks and optimizers as checks describe them, for student code that takes some.

Only descriptions: the grader's process never imports Keras. The objects are made in the student's process by
`autograder.checks.script.Script.make`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["layer", "network", "optimizer"]


def layer(kind: str, name: str, **options: Any) -> dict[str, Any]:
    """Describe a layer.

    Args:
        kind: its class in ``keras.layers``, such as "Dense".
        name: unique in its network.
        **options: as its constructor takes them.
    """
    return _described("keras.layers", kind, {"name": name} | options)


def network(name: str, input_shape: tuple[int, ...], *layers: dict[str, Any]) -> dict[str, Any]:
    """Describe a network of layers one after another.

    Args:
        name: of the network.
        input_shape: of one input, without the batch.
        *layers: each described by `layer`.
    """
    inputs = layer("InputLayer", "inputs", batch_shape=[None, *input_shape], dtype="float32")
    return _described("keras", "Sequential", {"name": name, "layers": [inputs, *layers]})


def optimizer(kind: str, **options: Any) -> dict[str, Any]:
    """Describe an optimizer.

    Args:
        kind: its class in ``keras.optimizers``, such as "SGD".
        **options: as its constructor takes them.
    """
    return _described("keras.optimizers", kind, options)


def _described(module: str, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return an object as Keras writes it."""
    return {"module": module, "class_name": kind, "config": options, "registered_name": None}
