"""What may come out of the wire and of a network's configuration, said once more for tests."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from strategies import DTYPES

from autograder.models._layers import LAYERS
from autograder.models.config import ModelConfig, validate_model
from autograder.sandbox.wire import PREFIX, Ref

CLASSES = set(LAYERS) | {"Sequential", "Functional", "__keras_tensor__"}


MODULES = {"keras", "keras.layers", "keras.src.models.functional"}


SAFE_TEXT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in ``value``."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def assert_harmless_model(config: ModelConfig) -> None:
    for each in objects(config.canonical):
        assert each.get("class_name", "Dense") in CLASSES
        assert each.get("module", "keras") in MODULES
        assert each.get("registered_name") is None
        if "class_name" in each and each["class_name"] != "__keras_tensor__":
            assert "module" in each
        assert not set(each) & {"build_config", "compile_config", "shared_object_id", "function", "fn"}
        for key, value in each.items():
            assert SAFE_TEXT.fullmatch(key)
            assert value is None or type(value) in (bool, int, float, str, list, dict)
            assert not isinstance(value, str) or SAFE_TEXT.fullmatch(value)
            assert not isinstance(value, float) or math.isfinite(value)
    assert json.loads(config.to_json()) == config.canonical
    assert validate_model(config.canonical) == config


def raw(value: Any, frames: Any = (), payload: bytes = b"") -> bytes:
    """Return a message with this header, right or wrong."""
    return framed(json.dumps({"value": value, "frames": frames}).encode(), payload)


def framed(header: bytes, payload: bytes = b"") -> bytes:
    return PREFIX.pack(len(header), len(payload)) + header + payload


def assert_same(received: Any, sent: Any) -> None:
    """Compare to the last bit, types included; NaN equals NaN."""
    assert type(received) is type(sent)
    if isinstance(sent, np.ndarray):
        assert (received.dtype, received.shape) == (sent.dtype, sent.shape)
        assert received.tobytes() == sent.tobytes()
    elif isinstance(sent, list | tuple):
        assert len(received) == len(sent)
        for pair in zip(received, sent, strict=True):
            assert_same(*pair)
    elif isinstance(sent, dict):
        assert list(received) == list(sent)
        for key in sent:
            assert_same(received[key], sent[key])
    elif isinstance(sent, float) and math.isnan(sent):
        assert math.isnan(received)
    else:
        assert received == sent


def assert_harmless_value(value: Any) -> None:
    """State once more what may come out of the wire."""
    if isinstance(value, np.ndarray):
        assert value.dtype.name in DTYPES
        assert value.ndim <= 8
    elif isinstance(value, list | tuple):
        for item in value:
            assert_harmless_value(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            assert type(key) is str
            assert_harmless_value(item)
    else:
        assert value is None or type(value) in (bool, int, float, str, Ref)
        text = value.name if isinstance(value, Ref) else value
        assert not isinstance(text, str) or text.encode().decode() == text
