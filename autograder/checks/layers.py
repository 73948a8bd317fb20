"""Expectations about a network, judged by what its layers do and not by how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.verdict import CheckFailed
from autograder.models.student_model import LayerView

__all__ = ["LayerRow", "expect_layers", "expect_parameters", "expect_rectified"]


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One row of a handout's layer table: the name, and the output's shape without the batch axis."""

    name: str
    output_shape: tuple[int, ...]


def expect_layers(layers: Sequence[LayerView], table: Sequence[LayerRow]) -> None:
    """Expect the table's layers, in its order, each with its output shape.

    Other layers may stand between them: padding or an activation on its own is as good as one built in.

    Raises:
        CheckFailed: a layer is missing, out of order, or has another output shape.
    """
    shapes = {layer.name: layer.output_shape for layer in layers}
    wanted = {row.name for row in table}
    order = [layer.name for layer in layers if layer.name in wanted]
    for row in table:
        if row.name not in shapes:
            names = ", ".join(shapes) or "none"
            raise CheckFailed(
                f"Expected a layer named {row.name!r}. Received: layers named {names}.",
                "Give each layer its name from the handout's table: name='…'.",
            )
        if shapes[row.name] != row.output_shape:
            raise CheckFailed(
                f"Expected layer {row.name!r} to give shape {row.output_shape}. "
                f"Received: {shapes[row.name]}.",
                "Look at filters, kernel size, strides and padding of this layer and the ones before it.",
            )
    if order != [row.name for row in table]:
        raise CheckFailed(f"Expected the layers in the table's order. Received: {', '.join(order)}.")


def expect_parameters(layers: Sequence[LayerView], counts: Mapping[str, int]) -> None:
    """Expect so many weights in each of these layers, and none in others.

    Layers that stand between two named ones count with the second: a dense layer and a softmax layer are as
    good as a dense layer with softmax. The named layers are there: see `expect_layers`.

    Raises:
        CheckFailed: there are more or fewer.
    """
    found, waiting, last = dict.fromkeys(counts, 0), 0, ""
    for layer in layers:
        waiting += layer.parameters
        if layer.name in counts:
            last = layer.name
            found[last], waiting = waiting, 0
    for name, count in counts.items():
        received = found[name] + (waiting if name == last else 0)
        if received != count:
            raise CheckFailed(
                f"Expected {count:,} parameters in layer {name!r}. Received: {received:,}.",
                "A kernel has height · width · channels of its input weights for each filter, and one bias.",
            )


def expect_rectified(
    activations: Mapping[str, NDArray[Any]], names: Sequence[str], *, table: Sequence[str] = ()
) -> None:
    """Expect these layers to give what a ReLU gives: nothing below zero, zeros, and something above.

    Args:
        activations: layer name → its output, in the order of the layers.
        names: the layers that a ReLU belongs to.
        table: names of the handout's layers. Those of other layers directly after one of ``names`` belong to
            it: a ReLU on its own is as good as one built in.

    Raises:
        CheckFailed: there is no such layer, or its output has negative values, no zeros, or nothing else.
    """
    for name in names:
        if name not in activations:
            raise CheckFailed(
                f"Expected a layer named {name!r}. Received: {', '.join(activations) or 'none'}."
            )
        values = _rectified(_with_followers(activations, name, table))
        if (values < 0).any():
            share = float(np.mean(values < 0))
            raise CheckFailed(
                f"Expected the output of layer {name!r} to have no negative values. "
                f"Received: {share:.0%} of them negative.",
                "A convolution without an activation is a linear map. Which activation does the table name?",
            )
        if not (values > 0).any():
            raise CheckFailed(
                f"Expected the output of layer {name!r} to be active. Received: zeros everywhere."
            )
        if (values > 0).all():
            raise CheckFailed(
                f"Expected the output of layer {name!r} to have zeros, as a ReLU gives. Received: none.",
                "Which activation does the table name?",
            )


def _with_followers(
    activations: Mapping[str, NDArray[Any]], name: str, table: Sequence[str]
) -> list[NDArray[Any]]:
    """Return the output of a layer, and of those between it and the next one of the table."""
    order = list(activations)
    found = [activations[name]]
    for other in order[order.index(name) + 1 :] if table else ():
        if other in table:
            break
        found.append(activations[other])
    return found


def _rectified(outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the first output without negative values, or the first of all."""
    return next((values for values in outputs if not (values < 0).any()), outputs[0])
