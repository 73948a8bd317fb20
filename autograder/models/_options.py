"""The options of a layer: which are allowed, and how options without a rule are treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from autograder.models._rules import Boolean, DType, Name, RefusedModel, Rule, check, describe, refusal

LAYERS_MODULE: Final = "keras.layers"

# Options that matter only for training. A rebuilt model has the student's weights, and is never trained.
_IRRELEVANT_ENDINGS: Final = ("_initializer", "_regularizer", "_constraint")
_IRRELEVANT: Final = frozenset({"seed", "renorm_clipping", "renorm_momentum"})

_COMMON: Final[dict[str, Rule]] = {"trainable": Boolean(), "dtype": DType("float32", "float64")}


@dataclass(frozen=True, slots=True)
class LayerRules:
    """The options of one class of layers.

    Attributes:
        required: option → rule, for the options that must be present.
        optional: option → rule, for the options that may be absent.
        children: options that contain another layer. `check_options` skips them: the caller validates them.
    """

    required: Mapping[str, Rule]
    optional: Mapping[str, Rule]
    children: tuple[str, ...] = ()


def layer_rules(
    required: Mapping[str, Rule] | None = None,
    optional: Mapping[str, Rule] | None = None,
    children: tuple[str, ...] = (),
) -> LayerRules:
    """Return the rules of a layer: those of its own options, and those that all layers share.

    Args:
        required: option → rule, for the options that must be present.
        optional: option → rule, for the options that may be absent.
        children: options that contain another layer.
    """
    return LayerRules({"name": Name(), **(required or {})}, {**_COMMON, **(optional or {})}, children)


def check_options(rules: LayerRules, config: Mapping[Any, object], where: str) -> dict[str, Any]:
    """Return the canonical options: each option that has a rule, in its canonical form.

    An option without a rule is dropped when it matters only for training or is switched off (None, False).

    Args:
        rules: the rules of the layer's class.
        config: the untrusted options.
        where: the layer, for messages.

    Raises:
        RefusedModel: an option is missing, breaks its rule, or is unknown and not switched off.
    """
    canonical: dict[str, Any] = {}
    for key, rule in rules.required.items():
        if key not in config:
            raise RefusedModel(f"{where}: expected the option {key}, and there is none.")
        canonical[key] = check(rule, config[key], where, key)
    for key, rule in rules.optional.items():
        if key in config:
            canonical[key] = check(rule, config[key], where, key)
    for key, value in config.items():
        if key not in canonical and key not in rules.children and not _may_be_dropped(key, value):
            raise refusal(where, f"the option {describe(key)}", "left at its default", value)
    return canonical


def _may_be_dropped(key: object, value: object) -> bool:
    """Return whether an option without a rule does not change what the layer computes."""
    if value is None or value is False:
        return True
    return type(key) is str and (key in _IRRELEVANT or key.endswith(_IRRELEVANT_ENDINGS))
