"""The config validator: real models pass, nothing that carries code does, and only RefusedModel comes out.

``data/model_configs/*.json`` is what Keras 3.15.1 writes for the models of ``keras_models.py`` beside them.
"""

# ruff: noqa: E501 - messages stand here as students read them

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harmless import assert_harmless_model, objects
from hypothesis import given, settings
from inline_snapshot import snapshot
from strategies import CODE, CONFIGS, JSON, KERAS_PATH, LAMBDA, MARSHALLED, OS_SYSTEM, PAYLOADS, models

from autograder.models._layers import LAYERS
from autograder.models._rules import LONGEST_QUOTE, describe
from autograder.models.config import LayerConfig, RefusedModel, validate_model

RECORDED = Path(__file__).parents[1] / "data" / "model_configs"
ACCEPTED = [name for name in CONFIGS if not name.startswith("refused_")]
REFUSED = [name for name in CONFIGS if name.startswith("refused_")]


def recorded(name: str) -> Any:
    return copy.deepcopy(CONFIGS[name])


def dense(**options: Any) -> dict[str, Any]:
    """Return a Dense layer as Keras writes it."""
    config = {"name": "d1", "trainable": True, "dtype": "float32", "units": 2, "activation": "linear"}
    return {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": config | {"use_bias": True} | options,
        "registered_name": None,
    }


def input_layer(**options: Any) -> dict[str, Any]:
    config = {"batch_shape": [None, 4], "dtype": "float32", "name": "start", "sparse": False, "ragged": False}
    return {"module": "keras.layers", "class_name": "InputLayer", "config": config | options}


def layer(class_name: Any, module: Any = "keras.layers", **options: Any) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": {"name": "x"} | options}


def sequential(*layers: Any, name: Any = "m") -> dict[str, Any]:
    config = {"name": name, "trainable": True, "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


def with_layer(each: Any) -> dict[str, Any]:
    return sequential(input_layer(), each)


def message(untrusted: object) -> str:
    """Return what the student is told."""
    with pytest.raises(RefusedModel) as caught:
        validate_model(untrusted)
    return str(caught.value)


# What may stand in a canonical config, stated a second time and without the validator's help.


# Real models


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepts_built_in_layers(name: str) -> None:
    """These configurations were written by Keras."""
    assert_harmless_model(validate_model(recorded(name)))


def test_every_allowed_layer_is_recorded() -> None:
    """At least one of the recorded models has it."""
    seen = {
        each.get("class_name")
        for name in ACCEPTED
        for each in objects(validate_model(recorded(name)).canonical)
    }
    assert set(LAYERS) <= seen


def test_describes_a_cnn() -> None:
    config = validate_model(recorded("cnn"))
    assert (config.kind, config.name, config.input_shape) == ("Sequential", "cnn", (None, 28, 28, 1))
    assert [each.name for each in config.layers[1:]] == [
        "conv1", "pool1", "conv2", "pool2", "conv3", "global_pool", "dropout", "probabilities",
    ]  # fmt: skip
    assert config.layers[1] == LayerConfig(
        "conv1",
        "Conv2D",
        {
            "kernel_size": [3, 3],
            "filters": 16,
            "name": "conv1",
            "trainable": True,
            "dtype": "float32",
            "data_format": "channels_last",
            "strides": [1, 1],
            "padding": "same",
            "dilation_rate": [1, 1],
            "groups": 1,
            "activation": "relu",
            "use_bias": True,
        },
    )


def test_keeps_nested_models_as_one_layer() -> None:
    config = validate_model(recorded("autoencoder"))
    assert [(each.name, each.class_name) for each in config.layers] == [
        ("image", "InputLayer"),
        ("encoder", "Sequential"),
        ("decoder", "Sequential"),
    ]
    assert [each["class_name"] for each in config.layers[1].config["layers"]] == [
        "InputLayer",
        "Flatten",
        "Dense",
    ]


def test_keeps_the_batch_size_of_a_stateful_layer() -> None:
    config = validate_model(recorded("stateful_lstm"))
    assert config.input_shape == (2, 5, 3)
    assert config.layers[1].config["stateful"] is True


def test_lists_several_inputs() -> None:
    """Such a model has no single input shape."""
    config = validate_model(recorded("two_inputs_shared"))
    assert config.input_shapes == ((None, 4), (None, 4))
    with pytest.raises(RefusedModel, match="'siamese': expected a model with one input"):
        _ = config.input_shape


def test_writes_built_in_activations_by_name() -> None:
    layers = validate_model(recorded("activations")).layers[1:]
    chosen = [each.config["activation"] for each in layers]
    assert [each if isinstance(each, str) else each["class_name"] for each in chosen] == [
        "relu", "relu", "ReLU", "LeakyReLU", "elu", "softmax", "tanh", "tanh", "relu", "softmax", "silu",
        "leaky_relu", "silu", "gelu", "hard_silu", "linear",
    ]  # fmt: skip


def test_refusals_say_what_the_student_can_do() -> None:
    shown = {name.removeprefix("refused_"): message(recorded(name)) for name in REFUSED}
    shown["attention"] = shown["attention"][:100]
    assert shown == snapshot(
        {
            "activation": "Layer 'd1' (Dense): expected activation to be a built-in activation by name (relu, softmax, sigmoid, tanh, linear, leaky_relu, elu, gelu, silu, selu, …), no code of your own. Received: {'value': ['4wEAAAAAAAAAAAAAAAIAAAADAAAB8...', None, None]}",
            "arithmetic": "Layer 'multiply' is a Multiply, an operation on tensors, which cannot be graded. Use keras.layers.Multiply(), or keras.layers.Rescaling(factor) to multiply by a constant instead.",
            "attention": "Layer 'attend' is a MultiHeadAttention, which the grader cannot rebuild. Use one of these layers ins",
            "channels_first": "Layer 'flat' (Flatten): expected data_format to be 'channels_last'. Received: 'channels_first'",
            "custom_layer": "Layer 'mine' is a _Custom, a class of your own, which cannot be graded because it carries code. Use Keras's built-in layers, keras.Sequential and keras.Model(inputs, outputs) as they are.",
            "function": "Layer 'd1' (Dense): expected activation to be a built-in activation by name (relu, softmax, sigmoid, tanh, linear, leaky_relu, elu, gelu, silu, selu, …), no code of your own. Received: function 'cube'",
            "lambda": "Layer 'double' is a Lambda, which cannot be graded because it carries code. Use one of Keras's built-in layers instead (Activation, Reshape, Rescaling, …).",
            "lambda_path": "Layer 'rectify' is a Lambda, which cannot be graded because it carries code. Use one of Keras's built-in layers instead (Activation, Reshape, Rescaling, …).",
            "mask": "Layer 'not_equal' is a NotEqual, an operation that Embedding(mask_zero=True) and Masking add to a functional model, which cannot be graded. Build this network as keras.Sequential, or without the mask.",
            "name": "Model 'sequential' (Sequential): expected the name of a Dense to be 1 to 64 letters, digits, '_', '-' and '.', starting with a letter, a digit or '_'. Received: 'my layer'",
            "operation": "Layer 'relu' is a Relu, an operation on tensors, which cannot be graded. Use keras.layers.ReLU() instead.",
            "precision": "Layer 'half' (Dense): expected dtype to be one of 'float32', 'float64'. Received: DTypePolicy 'mixed_bfloat16'",
            "subclass": "Expected a model built with keras.Sequential(…) or keras.Model(inputs, outputs), no class of your own. Received: a model of class '_Network'",
            "unbuilt": "Model 'unbuilt' (Sequential): expected a model that knows the shape of its input. Start it with keras.Input(shape=…), or call it once on data.",
        }
    )


# Payloads


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        (LAMBDA, "Layer 'x' is a Lambda, which cannot be graded because it carries code"),
        (layer("Lambda", function=KERAS_PATH, arguments={"safe_mode": False}), "is a Lambda"),
        (layer("TFSMLayer", filepath="payload", call_endpoint="serve"), "is a TFSMLayer"),
        (layer("system", "os"), "is a system, a class of your own"),
        (layer("Dense", "os", units=1), "is a Dense, a class of your own"),
        (layer("Dense", None, units=1), "is a Dense, a class of your own"),
        (layer("Dense", ["keras.layers"], units=1), "a class of your own"),
        (layer("Dense", "keras.layers.core", units=1), "cannot rebuild"),
        (layer("load_model", "keras.models"), "cannot rebuild"),
        (layer("get_file", "keras.utils"), "cannot rebuild"),
        (layer("__lambda__", None, value=CODE), "a class of your own"),
        (layer(["Dense"]), "cannot rebuild"),
        (layer({"class_name": "Dense"}), "cannot rebuild"),
        (layer(None), "cannot rebuild"),
        (layer("D\u0435nse", units=1), "'D\\u0435nse'"),
        (layer("TimeDistributed", layer=LAMBDA), "Layer 'x/x' is a Lambda"),
        (layer("Bidirectional", layer=LAMBDA), "Layer 'x/x' is a Lambda"),
        (layer("Bidirectional", layer=dense()), "expected one of SimpleRNN, LSTM, GRU to wrap"),
        (
            layer("Bidirectional", layer=layer("LSTM", units=1), backward_layer=LAMBDA),
            "Layer 'x/x' is a Lambda",
        ),
        (layer("TimeDistributed", layer=input_layer()), "expected a layer to wrap"),
        (layer("TimeDistributed"), "expected an object as Keras serialises it"),
        (sequential(input_layer(), LAMBDA, name="inner"), "Layer 'inner/x' is a Lambda"),
        (layer("RNN", cell=LAMBDA), "cannot rebuild"),
    ],
)
def test_refuses_a_layer_that_carries_code(attack: Any, told: str) -> None:
    assert told in message(with_layer(attack))


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "option", ["activation", "dtype", "units", "name", "trainable", "lora_rank", "extra"]
)
def test_refuses_a_payload_in_an_option(option: str, payload: Any) -> None:
    assert "d1" in message(with_layer(dense(**{option: payload}))) or option == "name"


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "option", ["kernel_initializer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "seed"]
)
def test_drops_a_payload_only_training_would_use(option: str, payload: Any) -> None:
    config = validate_model(with_layer(dense(**{option: payload})))
    assert config == validate_model(with_layer(dense()))


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "key", ["build_config", "compile_config", "registered_name", "shared_object_id", "x"]
)
def test_drops_what_surrounds_a_layer_or_model(key: str, payload: Any) -> None:
    attack = with_layer(dense() | {key: payload}) | {key: payload}
    attack["config"] |= {"build_input_shape": payload, "dtype": payload}
    assert validate_model(attack) == validate_model(with_layer(dense()))


def test_registered_name_chooses_no_other_class() -> None:
    attack = with_layer(dense() | {"registered_name": "package>Evil"}) | {"registered_name": "package>Evil"}
    assert "Evil" not in validate_model(attack).to_json()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x",
        "..",
        ".x",
        "a/b",
        "/",
        "a b",
        "a\n",
        "caf\u00e9",
        "\u202ex",
        "\ud800",
        "x" * 65,
        3,
        None,
        True,
    ],
)
def test_refuses_a_name_that_is_not_plain(name: Any) -> None:
    assert "expected the name of a Dense to be 1 to 64 letters" in message(with_layer(dense(name=name)))
    assert "expected the name of a Sequential to be 1 to 64 letters" in message(
        sequential(input_layer(), name=name)
    )


# Options


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        (layer("Dropout", rate=1.5), "rate to be a number from 0 up to, not including, 1. Received: 1.5"),
        (layer("Dropout", rate=math.nan), "Received: nan"),
        (layer("Dropout", rate=True), "Received: True"),
        (layer("Dropout"), "(Dropout): expected the option rate, and there is none."),
        (layer("LeakyReLU", negative_slope=math.inf), "Received: inf"),
        (layer("Rescaling", scale=10**400), "Received: a whole number of more than 18 digits"),
        (layer("Rescaling", scale=-math.inf), "Received: -inf"),
        (dense(units=2.0), "expected units to be a whole number from 1 to 65536. Received: 2.0"),
        (dense(units=True), "Received: True"),
        (dense(units=0), "Received: 0"),
        (dense(units=10**9), "Received: 1000000000"),
        (dense(use_bias=1), "expected use_bias to be True or False. Received: 1"),
        (dense(activation="Relu"), "Received: 'Relu'"),
        (dense(activation="relu\n"), "Received: 'relu\\n'"),
        (dense(activation=layer("PReLU")), "Received: PReLU 'x'"),
        (dense(activation=layer("ReLU", max_value="6")), "Received: ReLU 'x'"),
        (dense(activation=layer("Activation", activation=OS_SYSTEM)), "Received: Activation 'x'"),
        (dense(quantization_config={"mode": "int8"}), "'quantization_config'"),
        (dense(lora_rank=4), "expected the option 'lora_rank' to be left at its default. Received: 4"),
        (dense(dtype="float16"), "expected dtype to be one of 'float32', 'float64'. Received: 'float16'"),
        (dense(dtype={"class_name": "DTypePolicy", "config": None}), "Received: 'DTypePolicy'"),
        (layer("Conv2D", filters=4, kernel_size=[3, 65]), "expected kernel_size to be a list of 2"),
        (layer("Conv2D", filters=4, kernel_size=3), "Received: 3"),
        (layer("Conv2D", filters=4097, kernel_size=[3, 3]), "Received: 4097"),
        (layer("Conv2D", filters=4, kernel_size=[3, 3], padding="causal"), "one of 'valid', 'same'"),
        (layer("BatchNormalization", synchronized=True), "'synchronized'"),
        (layer("Reshape", target_shape=[-2]), "Received: [-2]"),
        (layer("ZeroPadding2D", padding=[[1, 1], [1]]), "Received: [[1, 1], [1]]"),
    ],
)  # fmt: skip
def test_refuses_a_value_outside_its_rule(attack: Any, told: str) -> None:
    assert told in message(with_layer(attack))


def test_an_absent_option_keeps_the_keras_default() -> None:
    config = validate_model(with_layer(layer("Conv2D", filters=4, kernel_size=[3, 3])))
    assert config.layers[1].config == {"name": "x", "filters": 4, "kernel_size": [3, 3]}


# Models


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        (None, "The model: expected an object as Keras serialises it. Received: None"),
        ([], "Received: []"),
        ({}, "Received: {}"),
        (dense(), "Received: a model of class 'Dense'"),
        (layer("Functional", "keras"), "Received: a model of class 'Functional'"),
        (layer("Sequential", "os"), "Received: a model of class 'Sequential'"),
        (layer(["Sequential"], "keras"), "no class of your own"),
        (sequential(), "Start it with keras.Input"),
        (sequential(dense()), "Start it with keras.Input"),
        (sequential(input_layer(), input_layer(name="again")), "expected one InputLayer"),
        (sequential(input_layer(), dense(), dense()), "Received: 'd1' twice"),
        (sequential(*[input_layer()] * 65), "expected layers to be a list of at most 64 layers"),
        (
            sequential(input_layer(), sequential(*[input_layer()] * 63, name="n")),
            "at most 64 layers in all",
        ),
        (sequential(input_layer(), 7), "expected an object as Keras serialises it. Received: 7"),
        (sequential(input_layer(batch_shape=[])), "expected batch_shape"),
        (sequential(input_layer(batch_shape=[None] * 6)), "expected batch_shape"),
        (sequential(input_layer(batch_shape=[None, -1])), "expected batch_shape"),
        (sequential(input_layer(sparse=True)), "'sparse'"),
        (sequential(input_layer(dtype="string")), "expected dtype"),
    ],
)
def test_refuses_a_model_that_is_not_one(attack: Any, told: str) -> None:
    assert told in message(attack)


def test_refuses_models_deeper_than_three() -> None:
    model = sequential(input_layer())
    for _ in range(3):
        model = sequential(input_layer(), model)
    validate_model(model)
    assert "expected at most 3 layers or models inside one another" in message(
        sequential(input_layer(), model)
    )


def test_refuses_wrappers_deeper_than_three() -> None:
    wrapped = dense()
    for _ in range(3):
        wrapped = layer("TimeDistributed", layer=wrapped)
    validate_model(with_layer(wrapped))
    assert "inside one another" in message(with_layer(layer("TimeDistributed", layer=wrapped)))


# Graphs


def tensor(*history: Any) -> dict[str, Any]:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": list(history)}
    return {"class_name": "__keras_tensor__", "config": config}


def call(argument: Any, **options: Any) -> dict[str, Any]:
    return {"args": [argument], "kwargs": options}


def functional(
    *calls: Any, ends: tuple[Any, Any] = (["start", 0, 0], ["d1", 0, 0]), second: Any = None
) -> dict[str, Any]:
    """Return a functional model: an input, a Dense that is called as given, perhaps a second Dense d2."""
    layers = [
        input_layer() | {"name": "start", "inbound_nodes": []},
        dense() | {"name": "d1", "inbound_nodes": list(calls)},
    ]
    if second is not None:
        layers.append(dense(name="d2") | {"name": "d2", "inbound_nodes": [second]})
    config = {"name": "f", "trainable": True, "layers": layers}
    config |= {"input_layers": ends[0], "output_layers": ends[1]}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


FROM_START = call(tensor("start", 0, 0))


def test_accepts_a_small_graph() -> None:
    assert_harmless_model(validate_model(functional(FROM_START)))


def test_drops_claimed_shapes_and_an_empty_mask() -> None:
    given = functional(call(tensor("start", 0, 0), mask=None, training=False))
    inbound = validate_model(given).canonical["config"]["layers"][1]["inbound_nodes"]
    stand_in = {"shape": [], "dtype": "float32", "keras_history": ["start", 0, 0]}
    assert inbound == [
        {"args": [{"class_name": "__keras_tensor__", "config": stand_in}], "kwargs": {"training": False}}
    ]


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        (functional(), "expected inbound_nodes of layer 'd1' to be a list of 1 to 256 calls"),
        (functional(*[FROM_START] * 257), "a list of 1 to 256 calls"),
        (functional(*[FROM_START] * 256, second=FROM_START), "expected at most 256 calls of layers"),
        (functional(call(tensor("d1", 0, 0))), "in a circle"),
        (functional(call(tensor("d2", 0, 0)), second=call(tensor("d1", 0, 0))), "in a circle"),
        (functional(call(tensor("d1", 1, 0)), FROM_START), "in a circle"),
        (functional(call(tensor("nobody", 0, 0))), "Received: ['nobody', 0, 0]"),
        (functional(call(tensor("start", 1, 0))), "Received: ['start', 1, 0]"),
        (functional(call(tensor("start", -1, 0))), "Received: ['start', -1, 0]"),
        (functional(call(tensor("start", 0, 1))), "Received: ['start', 0, 1]"),
        (functional(call(tensor("start", False, 0))), "Received: ['start', False, 0]"),
        (functional(call(tensor(["start"], 0, 0))), "Received: [['start'], 0, 0]"),
        (functional(call(tensor("start", 0))), "Received: ['start', 0]"),
        (functional(call([])), "expected its inputs to be 1 to 64 tensors"),
        (functional(call([tensor("start", 0, 0)] * 65)), "expected its inputs to be 1 to 64 tensors"),
        (functional(call([[tensor("start", 0, 0)]])), "expected its inputs to be tensors of this model"),
        (functional(call(MARSHALLED)), "expected its inputs to be tensors of this model"),
        (functional(call(LAMBDA)), "Received: Lambda 'x'"),
        (functional(call({"class_name": "__tensor__", "config": {"value": 1}})), "Received: '__tensor__'"),
        (functional(call({"class_name": "__keras_tensor__", "config": 3})), "tensors of this model"),
        (functional({"args": [1, 2], "kwargs": {}}), "expected its call to be with one argument"),
        (functional({"args": [tensor("start", 0, 0)]}), "expected kwargs"),
        (functional([["start", 0, 0, {}]]), "expected its call"),
        (functional(call(tensor("start", 0, 0), training=1)), "option 'training'"),
        (functional(call(tensor("start", 0, 0), mask=tensor("start", 0, 0))), "option 'mask'"),
        (functional(call(tensor("start", 0, 0), initial_state=tensor("start", 0, 0))), "'initial_state'"),
        (functional(FROM_START, ends=(["d1", 0, 0], ["d1", 0, 0])), "expected input_layers"),
        (functional(FROM_START, ends=([["start", 0, 0]] * 2, ["d1", 0, 0])), "expected input_layers"),
        (functional(FROM_START, ends=(None, ["d1", 0, 0])), "expected input_layers"),
        (functional(FROM_START, ends=({"../x": ["start", 0, 0]}, [])), "expected a key of input_layers"),
        (functional(FROM_START, ends=(["start", 0, 0], [])), "expected output_layers to be 1 to 64 tensors"),
        (functional(FROM_START, ends=(["start", 0, 0], ["d1", 1, 0])), "Received: ['d1', 1, 0]"),
        (functional(FROM_START, ends=(["start", 0, 0], [[["d1", 0, 0]]])), "Received: [['d1', 0, 0]]"),
        (
            functional(FROM_START, ends=(["start", 0, 0], LAMBDA)),
            "expected output_layers to be tensors of this model",
        ),
    ],
)
def test_refuses_an_invalid_graph(attack: Any, told: str) -> None:
    """The graph is the list of the calls of layers, with their inputs and outputs."""
    assert told in message(attack)


def test_a_nested_functional_output_has_call_one() -> None:
    """Keras counts the calls of such a model from one there, and not from zero."""
    given = recorded("autoencoder_functional")
    assert given["config"]["output_layers"] == ["decoder", 1, 0]
    given["config"]["output_layers"] = ["decoder", 0, 0]
    assert "Received: ['decoder', 0, 0]" in message(given)


# Anything at all


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def chained(depth: int, key: str) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"module": "keras", "class_name": "Sequential", "config": {"name": "m", key: [value]}}
    return value


# Made in the test: pytest describes parameters, and gives up on the deeper ones.
BOMBS: dict[str, Callable[[], Any]] = {
    "deep list": lambda: nested(100_000),
    "models in models": lambda: chained(100_000, "layers"),
    "deep layer": lambda: with_layer(nested(100_000)),
    "deep option": lambda: with_layer(dense(units=nested(100_000))),
    "deep activation": lambda: with_layer(dense(activation=nested(100_000))),
    "deep tensor": lambda: functional(call(nested(100_000))),
    "deep input": lambda: functional(FROM_START, ends=(nested(100_000), ["d1", 0, 0])),
    "long string": lambda: with_layer(dense(units="9" * 10_000_000)),
    "long number": lambda: with_layer(dense(units=10**5000)),
    "long key": lambda: with_layer(dense(**{"\x1b[2J" * 1_000_000: 1})),
    "long list": lambda: with_layer(dense(units=[0] * 1_000_000)),
    "long class name": lambda: with_layer(layer("A" * 10_000_000)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_size_and_depth_do_not_matter(bomb: str) -> None:
    assert len(message(BOMBS[bomb]())) < 1500


def test_a_quotation_is_short_and_printable() -> None:
    """Other characters are escaped."""
    assert describe("\x1b[31m\u202e\ud800\n") == r"'\x1b[31m\u202e\ud800\n'"
    for value in (
        "\x00" * 10_000,
        nested(1000),
        {"k" * 1000: ["v" * 1000] * 50},
        object(),
        1e300,
        {1: {2: 3}},
    ):
        shown = describe(value)
        assert len(shown) <= LONGEST_QUOTE
        assert shown.isascii()
        assert shown.isprintable()


def assert_refused_or_harmless(untrusted: Any) -> None:
    try:
        config = validate_model(untrusted)
    except RefusedModel as error:
        told = str(error)
    else:
        assert_harmless_model(config)
        return
    assert len(told) < 1500
    assert told.isprintable()


@settings(deadline=None)
@given(JSON)
def test_arbitrary_json_is_refused_or_harmless(untrusted: Any) -> None:
    assert_refused_or_harmless(untrusted)


@settings(max_examples=200, deadline=None)
@given(models)
def test_a_changed_model_is_refused_or_harmless(untrusted: Any) -> None:
    """The models come from Keras and are changed at random."""
    assert_refused_or_harmless(untrusted)


# Keras itself


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """What a process with Keras says about each model after validating, rebuilding and comparing."""
    script = str(RECORDED / "keras_models.py")
    done = subprocess.run(
        [sys.executable, script, "round-trip"], capture_output=True, text=True, check=True, timeout=300
    )
    answer: dict[str, str] = json.loads(done.stdout)
    assert set(answer) == set(CONFIGS)
    return answer


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ACCEPTED)
def test_a_rebuilt_model_computes_the_same(verdicts: dict[str, str], name: str) -> None:
    """Its outputs are exactly those of the student's model."""
    assert verdicts[name] == "equal"


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", REFUSED)
def test_refuses_other_models_of_this_keras(verdicts: dict[str, str], name: str) -> None:
    """The installed version of Keras writes their configurations anew."""
    assert verdicts[name].startswith("refused: ")
