"""Described networks and optimizers: what Keras makes of them.

Everything with TensorFlow happens in one process beside this one: TensorFlow's threads would stay here for
the rest of the session, and a process with threads cannot enter a jail.
"""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.checks.generative import CLASSES, FEATURES, feature_network
from autograder.checks.networks import layer, network, optimizer
from autograder.sandbox import wire

Array: TypeAlias = NDArray[Any]
Run: TypeAlias = Callable[..., Any]

DENSE = network(
    "doubts",
    (3,),
    layer("Dense", "hidden", units=4, activation="tanh", use_bias=False),
    layer("BatchNormalization", "normal", momentum=0.5, epsilon=0.01),
    layer("LeakyReLU", "leak", negative_slope=0.3),
    layer("Dropout", "drop", rate=0.9),
    layer("Dense", "logit", units=2),
)
IMAGES = network(
    "looks",
    (6, 5, 2),
    layer("Conv2D", "strokes", filters=3, kernel_size=(3, 2), strides=[2, 1], padding="same"),
    layer("Flatten", "flat"),
    layer("Dense", "many", units=6),
    layer("Reshape", "image", target_shape=(3, 2)),
)


@pytest.fixture(scope="module")
def beside() -> Iterator[Run]:
    """Return a function that calls one of this module's functions in the other process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield lambda function, *arguments: pool.submit(function, *arguments).result(timeout=300)


# ------------------------------------------------------------------------ called in the other process


def describe(described: dict[str, Any]) -> dict[str, Any]:
    """Return what Keras makes of a network's description."""
    import keras

    made = keras.saving.deserialize_keras_object(described)
    return {
        "kind": type(made).__name__,
        "name": made.name,
        "layers": [(type(each).__name__, each.name) for each in made.layers],
        "options": {each.name: each.get_config() for each in made.layers},
        "in": made.input_shape,
        "out": made.output_shape,
        "built": made.built,
        "types": {weight.dtype for weight in made.weights},
    }


def run_both(described: dict[str, Any], written: Callable[[], Any], inputs: Array) -> tuple[Array, Array]:
    """Return the outputs of a described network, and of one written with Keras that has the same weights."""
    import keras

    made, expected = keras.saving.deserialize_keras_object(described), written()
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 2, size=values.shape) for values in expected.get_weights()]
    made.set_weights(weights)
    expected.set_weights(weights)
    return np.asarray(made(inputs, training=False)), np.asarray(expected(inputs, training=False))


def written_dense() -> Any:
    """Return `DENSE` as one writes it with Keras."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="tanh", use_bias=False),
            layers.BatchNormalization(momentum=0.5, epsilon=0.01),
            layers.LeakyReLU(negative_slope=0.3),
            layers.Dropout(0.9),
            layers.Dense(2),
        ]
    )


def written_images() -> Any:
    """Return `IMAGES` as one writes it with Keras."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            layers.Conv2D(3, (3, 2), strides=(2, 1), padding="same"),
            layers.Flatten(),
            layers.Dense(6),
            layers.Reshape((3, 2)),
        ]
    )


def make_twice(described: dict[str, Any], seeds: tuple[int, int]) -> tuple[dict[str, Any], list[list[Array]]]:
    """Make a network twice; return its description afterwards, and the weights drawn with each seed."""
    import keras

    weights = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        weights.append(keras.saving.deserialize_keras_object(described).get_weights())
    return described, weights


def describe_optimizer(described: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what Keras makes of an optimizer's description."""
    import keras

    made = keras.saving.deserialize_keras_object(described)
    return type(made).__name__, made.get_config()


def write_again(described: dict[str, Any]) -> dict[str, Any]:
    """Return how Keras itself writes what it makes of a description."""
    import keras

    written: dict[str, Any] = keras.saving.serialize_keras_object(
        keras.saving.deserialize_keras_object(described)
    )
    return written


def write_judge(images: Array) -> dict[str, Any]:
    """Return the shape of the judge's features, and the number of its weights."""
    import keras

    made = keras.saving.deserialize_keras_object(feature_network())
    return {"features": np.asarray(made(images)), "weights": len(made.get_weights())}


# ------------------------------------------------------------------------------------------- the tests


def test_describing_imports_nothing_heavy() -> None:
    code = (
        "import sys, autograder.checks.networks as n; n.network('n', (1,), n.layer('Dense', 'd', units=1)); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(found.stdout.split())
    assert "autograder" in modules
    assert not modules & {"keras", "tensorflow", "torch", "jax", "scipy", "matplotlib", "sklearn", "h5py"}


@pytest.mark.parametrize("described", [DENSE, optimizer("SGD", learning_rate=0.1)])
def test_a_description_survives_json_and_the_wire(described: dict[str, Any]) -> None:
    assert json.loads(json.dumps(described)) == described
    assert wire.decode(wire.encode(described)) == described


@pytest.mark.tensorflow
def test_a_network_has_the_described_layers(beside: Run) -> None:
    """They have the order of the description."""
    found = beside(describe, DENSE)
    assert (found["kind"], found["name"]) == ("Sequential", "doubts")
    assert found["layers"] == [
        ("Dense", "hidden"),
        ("BatchNormalization", "normal"),
        ("LeakyReLU", "leak"),
        ("Dropout", "drop"),
        ("Dense", "logit"),
    ]
    assert (found["in"], found["out"]) == ((None, 3), (None, 2))
    assert found["built"]
    assert found["types"] == {"float32"}


@pytest.mark.tensorflow
def test_layers_have_the_described_options(beside: Run) -> None:
    options = beside(describe, DENSE)["options"] | beside(describe, IMAGES)["options"]
    for described in [*DENSE["config"]["layers"][1:], *IMAGES["config"]["layers"][1:]]:
        given = {name: as_list(value) for name, value in described["config"].items()}
        found = {name: as_list(options[given["name"]][name]) for name in given}
        assert found == given


def as_list(value: Any) -> Any:
    """Return a tuple as a list: Keras writes either."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("described", "written", "shape"),
    [(DENSE, written_dense, (7, 3)), (IMAGES, written_images, (2, 6, 5, 2))],
)
def test_a_described_network_equals_a_written_one(
    beside: Run, described: dict[str, Any], written: Callable[[], Any], shape: tuple[int, ...]
) -> None:
    """It computes what the same network computes when it is written with Keras."""
    inputs = np.random.default_rng(1).normal(size=shape).astype("float32")
    received, expected = beside(run_both, described, written, inputs)
    np.testing.assert_array_equal(received, expected)
    assert np.abs(expected).min() > 0


@pytest.mark.tensorflow
def test_a_network_comes_out_of_json_as_the_same(beside: Run) -> None:
    assert beside(describe, json.loads(json.dumps(IMAGES))) == beside(describe, IMAGES)


@pytest.mark.tensorflow
def test_the_seed_draws_the_weights(beside: Run) -> None:
    """One description can make several networks."""
    for described in (DENSE, IMAGES):
        after, (one, same) = beside(make_twice, described, (1, 1))
        assert after == described
        for values, others in zip(one, same, strict=True):
            np.testing.assert_array_equal(values, others)
        _, (_, other) = beside(make_twice, described, (1, 2))
        assert np.abs(one[0] - other[0]).max() > 0.01


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SGD", {"learning_rate": 0.25, "momentum": 0.5, "nesterov": True}),
        ("Adam", {"learning_rate": 0.125, "beta_1": 0.5, "use_ema": True, "ema_momentum": 0.75}),
        ("RMSprop", {"learning_rate": 0.5, "clipnorm": 2.0}),
        ("SGD", {}),
    ],
)
def test_an_optimizer_has_its_kind_and_options(beside: Run, kind: str, options: dict[str, Any]) -> None:
    made, found = beside(describe_optimizer, optimizer(kind, **options))
    assert made == kind
    assert {name: found[name] for name in options} == options


@pytest.mark.tensorflow
@pytest.mark.parametrize("described", [DENSE, optimizer("Adam", learning_rate=0.125)])
def test_a_description_names_a_class_like_keras(beside: Run, described: dict[str, Any]) -> None:
    written = beside(write_again, described)
    names = ("module", "class_name", "registered_name")
    assert {name: written[name] for name in names} == {name: described[name] for name in names}
    if "layers" in described["config"]:
        for ours, theirs in zip(described["config"]["layers"], written["config"]["layers"], strict=True):
            assert {name: ours[name] for name in names} == {name: theirs[name] for name in names}


@pytest.mark.tensorflow
def test_keras_can_make_the_judges_network(beside: Run) -> None:
    """This is the network that computes the features."""
    found = beside(write_judge, np.random.default_rng(0).random((5, 28, 28, 1), dtype="float32"))
    assert found["features"].shape == (5, FEATURES)
    assert found["features"].min() >= 0
    assert found["weights"] == 6
    assert CLASSES == 10
