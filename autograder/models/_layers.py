"""The layers that a model may have, and a rule for every option that changes what a layer computes.

The keys are those of Keras's ``get_config()``. An option that Keras's constructor demands is required. Any
other option may be absent and then has Keras's default, because different versions of Keras write different
options.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autograder.models._activations import AXES, AXIS, ELU, LEAKY_RELU, RELU, SLOPE, SOFTMAX, Activation
from autograder.models._options import LayerRules, layer_rules
from autograder.models._rules import (
    Boolean,
    Choice,
    DType,
    Either,
    Fraction,
    Integer,
    Items,
    Name,
    Number,
    Optional,
    Rule,
    pair,
    single,
)

# Sizes. These bounds refuse absurd sizes early; the evaluator's memory limit stops all other large models.
_LENGTH: Final = Integer(
    1, 65_536
)  # the first Dense of a DCGAN has 12,544 units, a flat 64 by 64 image 12,288
_FILTERS: Final = Integer(1, 4096)
_WORDS: Final = Integer(1, 1_000_000)
_NUMBER: Final = Number(-1e6, 1e6)
_NUMBERS: Final = Either(_NUMBER, Items(_NUMBER, 1, 64))
_UNIT: Final = Number(0, 1)
_BORDER: Final = Items(pair(0, 4096), 2, 2)
_VALID_OR_SAME: Final = Choice("valid", "same")

_LAST: Final[dict[str, Rule]] = {"data_format": Choice("channels_last")}
_RATE: Final[dict[str, Rule]] = {"rate": Fraction()}


def _convolution(
    rank: int,
    *,
    filters: bool = True,
    padding: Choice = _VALID_OR_SAME,
    extra: Mapping[str, Rule] | None = None,
) -> LayerRules:
    """Return the rules of a convolution over ``rank`` dimensions; a depthwise one has no ``filters``."""
    size = single(1, 64) if rank == 1 else pair(1, 64)
    required: dict[str, Rule] = {"kernel_size": size}
    optional: dict[str, Rule] = {"strides": size, "padding": padding, "dilation_rate": size}
    return layer_rules(
        required | ({"filters": _FILTERS} if filters else {}),
        {**_LAST, **optional, "activation": Activation(), "use_bias": Boolean(), **(extra or {})},
    )


_GROUPS: Final[dict[str, Rule]] = {"groups": _FILTERS}
_DEPTH: Final[dict[str, Rule]] = {"depth_multiplier": _FILTERS}


def _pooling(rank: int) -> LayerRules:
    """Return the rules of a pooling layer over ``rank`` dimensions."""
    size = single(1, 64) if rank == 1 else pair(1, 64)
    return layer_rules({"pool_size": size}, {**_LAST, "strides": size, "padding": _VALID_OR_SAME})


def _recurrent(**gates: Rule) -> LayerRules:
    """Return the rules of a recurrent layer; ``gates`` are the options that only some classes have."""
    switches = "return_sequences return_state go_backwards stateful unroll zero_output_for_mask use_bias"
    rates: dict[str, Rule] = {"dropout": Fraction(), "recurrent_dropout": Fraction()}
    optional: dict[str, Rule] = dict.fromkeys(switches.split(), Boolean())
    return layer_rules({"units": _FILTERS}, {**optional, **rates, "activation": Activation(), **gates})


_DROPOUT: Final = layer_rules(_RATE, {"noise_shape": Optional(Items(Optional(_LENGTH), 1, 5))})
_SPATIAL_DROPOUT: Final = layer_rules(_RATE, _LAST)
_GLOBAL_POOLING: Final = layer_rules({}, {**_LAST, "keepdims": Boolean()})
_NORMAL: Final[dict[str, Rule]] = {"center": Boolean(), "scale": Boolean(), "epsilon": _UNIT}

LAYERS: Final[dict[str, LayerRules]] = {
    "InputLayer": LayerRules(
        {"name": Name(), "batch_shape": Items(Optional(_LENGTH), 1, 5)},
        {"dtype": DType("float32", "float64", "int32", "int64", "uint8", "bool")},
    ),
    # Convolution and pooling
    "Conv1D": _convolution(1, padding=Choice("valid", "same", "causal"), extra=_GROUPS),
    "Conv2D": _convolution(2, extra=_GROUPS),
    "Conv1DTranspose": _convolution(1, extra={"output_padding": Optional(single(0, 64))}),
    "Conv2DTranspose": _convolution(2, extra={"output_padding": Optional(pair(0, 64))}),
    "DepthwiseConv2D": _convolution(2, filters=False, extra=_DEPTH),
    "SeparableConv2D": _convolution(2, extra=_DEPTH),
    "MaxPooling1D": _pooling(1),
    "MaxPooling2D": _pooling(2),
    "AveragePooling1D": _pooling(1),
    "AveragePooling2D": _pooling(2),
    "GlobalMaxPooling1D": _GLOBAL_POOLING,
    "GlobalMaxPooling2D": _GLOBAL_POOLING,
    "GlobalAveragePooling1D": _GLOBAL_POOLING,
    "GlobalAveragePooling2D": _GLOBAL_POOLING,
    # Dense and recurrent layers, and their wrappers
    "Dense": layer_rules({"units": _LENGTH}, {"activation": Activation(), "use_bias": Boolean()}),
    "Embedding": layer_rules({"input_dim": _WORDS, "output_dim": _FILTERS}, {"mask_zero": Boolean()}),
    "SimpleRNN": _recurrent(),
    "LSTM": _recurrent(recurrent_activation=Activation(), unit_forget_bias=Boolean()),
    "GRU": _recurrent(recurrent_activation=Activation(), reset_after=Boolean()),
    "Bidirectional": layer_rules(
        {}, {"merge_mode": Choice("concat", "sum", "mul", "ave")}, ("layer", "backward_layer")
    ),
    "TimeDistributed": layer_rules(children=("layer",)),
    # Activation
    "Activation": layer_rules({"activation": Activation()}),
    "ReLU": RELU,
    "LeakyReLU": LEAKY_RELU,
    "ELU": ELU,
    "Softmax": SOFTMAX,
    "PReLU": layer_rules({}, {"shared_axes": Optional(Items(Integer(1, 4), 1, 4))}),
    # Regularisation and normalisation
    "Dropout": _DROPOUT,
    "AlphaDropout": _DROPOUT,
    "SpatialDropout1D": _SPATIAL_DROPOUT,
    "SpatialDropout2D": _SPATIAL_DROPOUT,
    "GaussianDropout": layer_rules(_RATE),
    "GaussianNoise": layer_rules({"stddev": SLOPE}),
    "BatchNormalization": layer_rules({}, {**_NORMAL, "axis": AXIS, "momentum": _UNIT}),
    "LayerNormalization": layer_rules({}, {**_NORMAL, "axis": AXES}),
    "GroupNormalization": layer_rules({}, {**_NORMAL, "axis": AXIS, "groups": Integer(-1, 4096)}),
    # Shape
    "Flatten": layer_rules({}, _LAST),
    "Reshape": layer_rules({"target_shape": Items(Either(_LENGTH, Integer(-1, -1)), 1, 5)}),
    "Permute": layer_rules({"dims": Items(Integer(1, 5), 1, 5)}),
    "RepeatVector": layer_rules({"n": _LENGTH}),
    "ZeroPadding1D": layer_rules({"padding": pair(0, 4096)}, _LAST),
    "ZeroPadding2D": layer_rules({"padding": _BORDER}, _LAST),
    "Cropping2D": layer_rules({"cropping": _BORDER}, _LAST),
    "UpSampling1D": layer_rules({"size": Integer(1, 64)}),
    "UpSampling2D": layer_rules(
        {"size": pair(1, 64)}, {**_LAST, "interpolation": Choice("nearest", "bilinear", "bicubic")}
    ),
    # Elementwise, and merging
    "Identity": layer_rules(),
    "Masking": layer_rules({}, {"mask_value": _NUMBER}),
    "Rescaling": layer_rules({"scale": _NUMBERS}, {"offset": _NUMBERS}),
    "Add": layer_rules(),
    "Subtract": layer_rules(),
    "Multiply": layer_rules(),
    "Average": layer_rules(),
    "Maximum": layer_rules(),
    "Minimum": layer_rules(),
    "Concatenate": layer_rules({}, {"axis": AXIS}),
}

# The number of state tensors that a call returns after the output when ``return_state`` is set.
STATES: Final = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}
