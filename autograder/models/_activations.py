"""Activations: the allowed functions, and the layers that may be used as an activation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autograder.models._options import LAYERS_MODULE, LayerRules, check_options, layer_rules
from autograder.models._rules import Either, Integer, Items, Mismatch, Number, Optional, RefusedModel

FUNCTIONS: Final = (
    "relu",
    "softmax",
    "sigmoid",
    "tanh",
    "linear",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "selu",
    "celu",
    "relu6",
    "mish",
    "softplus",
    "softsign",
    "exponential",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "log_sigmoid",
    "log_softmax",
)

# Names that Keras writes for TensorFlow's functions (tf.nn.softmax, tf.nn.silu, …) and for its own aliases.
_ALIASES: Final = {
    "softmax_v2": "softmax",
    "swish": "silu",
    "hard_swish": "hard_silu",
    "identity": "linear",
    "exp": "exponential",
}

SLOPE: Final = Number(0, 1e3)
AXIS: Final = Integer(-5, 5)
AXES: Final = Either(AXIS, Items(AXIS, 1, 5))

RELU: Final = layer_rules({}, {"max_value": Optional(SLOPE), "negative_slope": SLOPE, "threshold": SLOPE})
LEAKY_RELU: Final = layer_rules({}, {"negative_slope": SLOPE})
ELU: Final = layer_rules({}, {"alpha": SLOPE})
SOFTMAX: Final = layer_rules({}, {"axis": AXES})

# For each layer: the function that it equals, the options with which it equals the function, and its rules.
# LeakyReLU equals no function: its default slope is 0.3, the slope of "leaky_relu" is 0.2.
_LAYERS: Final[dict[str, tuple[str | None, dict[str, Any], LayerRules]]] = {
    "ReLU": ("relu", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}, RELU),
    "ELU": ("elu", {"alpha": 1.0}, ELU),
    "Softmax": ("softmax", {"axis": -1}, SOFTMAX),
    "LeakyReLU": (None, {}, LEAKY_RELU),
}


class Activation:
    """The rule for an activation: a function by name, a function as Keras serializes it, or a layer.

    The canonical form is the function's name. For a layer that equals no function, it is the layer's
    canonical form.
    """

    __slots__ = ()
    expected: Final = f"a built-in activation by name ({', '.join(FUNCTIONS[:10])}, …), no code of your own"

    def __call__(self, value: object) -> str | dict[str, Any]:
        if type(value) is dict:
            module, class_name, config = (value.get(key) for key in ("module", "class_name", "config"))
            if module == LAYERS_MODULE and type(class_name) is str and type(config) is dict:
                return _from_layer(class_name, config)
            value = config if module == "builtins" and class_name == "function" else None
        return _function(value)


def _function(name: object) -> str:
    """Return the canonical name of an activation function."""
    if type(name) is not str:
        raise Mismatch
    canonical = _ALIASES.get(name, name)
    if canonical not in FUNCTIONS:
        raise Mismatch
    return canonical


def _from_layer(class_name: str, config: Mapping[Any, object]) -> str | dict[str, Any]:
    """Return the name of the function that a layer equals; without one, the layer's canonical form."""
    if class_name == "Activation":
        return _function(config.get("activation"))
    if class_name not in _LAYERS:
        raise Mismatch
    function, defaults, rules = _LAYERS[class_name]
    try:
        options = check_options(rules, config, "")
    except RefusedModel:
        raise Mismatch from None
    if function is not None and all(options.get(key, value) == value for key, value in defaults.items()):
        return function
    return {"module": LAYERS_MODULE, "class_name": class_name, "config": options, "registered_name": None}
