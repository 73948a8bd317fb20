"""Expectations about a network's layers: what the layers compute, not how the student wrote them."""

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
    """Expect the layers of the table, in the table's order, each with its output shape.

    Other layers are allowed between them, because padding or an activation may be a layer of its own.

    Args:
        layers: the network's layers, in order.
        table: the rows of the handout's table, in order.

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
    """Expect a number of weights in each named layer, and no weights elsewhere.

    The weights of unnamed layers count towards the next named layer; those at the end count towards the last
    one. So a dense layer followed by a softmax layer passes like a dense layer with softmax. Call
    `expect_layers` first: a named layer that is missing counts as one without weights.

    Args:
        layers: the network's layers, in order.
        counts: layer name → number of weights.

    Raises:
        CheckFailed: a layer has more or fewer weights.
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
    """Expect the output of these layers to look like a ReLU's: no negative values, some zeros, some positive.

    Args:
        activations: layer name → its output, in the order of the layers.
        names: the layers that must have a ReLU.
        table: names of all layers in the handout's table. With it, the ReLU may also be in a layer that is
            not in the table and stands between one of ``names`` and the next layer of the table.

    Raises:
        CheckFailed: a layer is missing, or its output has negative values, no zeros, or only zeros.
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
    """Return the output of a layer, and of all layers between it and the next layer of the table."""
    order = list(activations)
    found = [activations[name]]
    for other in order[order.index(name) + 1 :] if table else ():
        if other in table:
            break
        found.append(activations[other])
    return found


def _rectified(outputs: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the first output without negative values; if every output has some, the first output."""
    return next((values for values in outputs if not (values < 0).any()), outputs[0])
