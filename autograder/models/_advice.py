"""The errors for refused classes of layers and models, each with what to use instead."""

from __future__ import annotations

from typing import Final

from autograder.models._layers import LAYERS
from autograder.models._rules import RefusedModel, describe

_CARRIES_CODE: Final = frozenset({"Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper"})
_OPERATIONS: Final = ("keras.src.ops", "keras.ops")
_MASKS: Final = frozenset({"NotEqual", "Any"})

# Operations of keras.ops, which a functional model contains when the student computes with tensors directly.
_REPLACEMENTS: Final = {
    "Relu": "keras.layers.ReLU()",
    "LeakyRelu": "keras.layers.LeakyReLU()",
    "Elu": "keras.layers.ELU()",
    "Softmax": "keras.layers.Softmax()",
    "Add": "keras.layers.Add(), or keras.layers.Rescaling(1, offset) to add a constant",
    "Subtract": "keras.layers.Subtract(), or keras.layers.Rescaling(1, offset) to subtract a constant",
    "Multiply": "keras.layers.Multiply(), or keras.layers.Rescaling(factor) to multiply by a constant",
    "Divide": "keras.layers.Rescaling(1 / divisor)",
    "TrueDivide": "keras.layers.Rescaling(1 / divisor)",
    "Maximum": "keras.layers.Maximum()",
    "Minimum": "keras.layers.Minimum()",
    "Concatenate": "keras.layers.Concatenate()",
    "Reshape": "keras.layers.Reshape(target_shape)",
    "ExpandDims": "keras.layers.Reshape(target_shape)",
    "Squeeze": "keras.layers.Reshape(target_shape)",
    "Transpose": "keras.layers.Permute(dims)",
    "Mean": "keras.layers.GlobalAveragePooling2D()",
    "Max": "keras.layers.GlobalMaxPooling2D()",
} | {
    name: f'keras.layers.Activation("{name.lower()}")' for name in ("Tanh", "Sigmoid", "Gelu", "Silu", "Selu")
}


def refused_class(name: str, module: object, class_name: object) -> RefusedModel:
    """Return the error for a layer whose class is not allowed.

    Args:
        name: the layer's name, safe to show and in quotes.
        module: the module of the class, as the worker sent it; not validated.
        class_name: the name of the class, as the worker sent it; not validated.
    """
    shown = class_name if type(class_name) is str and _is_plain(class_name) else describe(class_name)
    package = module if type(module) is str else ""
    if shown in _CARRIES_CODE:
        text = (
            "which cannot be graded because it carries code. "
            "Use one of Keras's built-in layers instead (Activation, Reshape, Rescaling, …)."
        )
    elif package.startswith(_OPERATIONS):
        text = _instead_of_operation(shown)
    elif package.split(".")[0] == "keras":
        text = f"which the grader cannot rebuild. Use one of these layers instead: {', '.join(LAYERS)}."
    else:
        text = (
            "a class of your own, which cannot be graded because it carries code. "
            "Use Keras's built-in layers, keras.Sequential and keras.Model(inputs, outputs) as they are."
        )
    return RefusedModel(f"Layer {name} is a {shown}, {text}")


def refused_model(class_name: object) -> RefusedModel:
    """Return the error for a model that is neither a Sequential nor a functional model.

    Args:
        class_name: the name of the model's class, as the worker sent it; not validated.
    """
    return RefusedModel(
        "Expected a model built with keras.Sequential(…) or keras.Model(inputs, outputs), "
        f"no class of your own. Received: a model of class {describe(class_name)}"
    )


def _instead_of_operation(shown: str) -> str:
    """Return the end of the message for a refused operation: what to use instead."""
    if shown in _MASKS:
        return (
            "an operation that Embedding(mask_zero=True) and Masking add to a functional model, "
            "which cannot be graded. Build this network as keras.Sequential, or without the mask."
        )
    instead = _REPLACEMENTS.get(shown, "one of Keras's built-in layers")
    return f"an operation on tensors, which cannot be graded. Use {instead} instead."


def _is_plain(text: str) -> bool:
    """Return whether a class name may be shown unchanged."""
    return len(text) <= 64 and text.isascii() and text.isidentifier()
