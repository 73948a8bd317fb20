"""Expectations about a network, judged by what its layers do and not by how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.verdict import CheckFailed
from autograder.models.student_model import LayerView


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


def expect_rectified(activations: Mapping[str, NDArray[Any]], names: Sequence[str]) -> None:
    """Expect these layers to give what a ReLU gives: nothing below zero, and something above.

    Raises:
        CheckFailed: there is no such layer, or its output has negative values, or is zero everywhere.
    """
    for name in names:
        if name not in activations:
            raise CheckFailed(
                f"Expected a layer named {name!r}. Received: {', '.join(activations) or 'none'}."
            )
        values = activations[name]
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
