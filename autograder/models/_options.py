"""The options of a layer: which there are, and what is done with those that have no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from autograder.models._rules import Boolean, DType, Name, RefusedModel, Rule, check, describe, refusal

LAYERS_MODULE: Final = "keras.layers"

# What bears on training only. A rebuilt model gets its weights from the student's, and is not trained.
_IRRELEVANT_ENDINGS: Final = ("_initializer", "_regularizer", "_constraint")
_IRRELEVANT: Final = frozenset({"seed", "renorm_clipping", "renorm_momentum"})

_COMMON: Final[dict[str, Rule]] = {"trainable": Boolean(), "dtype": DType("float32", "float64")}


@dataclass(frozen=True, slots=True)
class LayerRules:
    """The options of one class of layers.

    Attributes:
        required: rules of the options that must be there.
        optional: rules of the others.
        children: options that hold another layer, which whoever walks the model must validate.
    """

    required: Mapping[str, Rule]
    optional: Mapping[str, Rule]
    children: tuple[str, ...] = ()


def layer_rules(
    required: Mapping[str, Rule] | None = None,
    optional: Mapping[str, Rule] | None = None,
    children: tuple[str, ...] = (),
) -> LayerRules:
    """Return the rules of a layer: its own options, and those that every layer has."""
    return LayerRules({"name": Name(), **(required or {})}, {**_COMMON, **(optional or {})}, children)


def check_options(rules: LayerRules, config: Mapping[Any, object], where: str) -> dict[str, Any]:
    """Return the canonical options: those with a rule, each as its rule returns it.

    An option without a rule is dropped when it bears on training only or is switched off (None, False).

    Raises:
        RefusedModel: an option is missing, has another value than its rule allows, or is not known.
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
    """Whether an option without a rule makes no difference to what the layer computes."""
    if value is None or value is False:
        return True
    return type(key) is str and (key in _IRRELEVANT or key.endswith(_IRRELEVANT_ENDINGS))
