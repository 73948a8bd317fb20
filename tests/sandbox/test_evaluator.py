"""A student's network, from the worker to the numbers that the grader believes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.checks.networks import layer, network, optimizer
from autograder.checks.subject import Build, Call, Subject
from autograder.checks.verdict import StudentFault
from autograder.homework import HomeworkLimits
from autograder.models.config import RefusedModel
from autograder.models.student_model import StudentModel
from autograder.result import CheckStatus
from autograder.sandbox.client import Zygote
from autograder.sandbox.tier import Tier, probe
from autograder.sandbox.visible import VisiblePaths

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(probe().tier is not Tier.NAMESPACES, reason=f"no user namespaces: {probe().missing}"),
]

SOURCE = """
import keras
from keras import layers
import numpy as np

def sequential(size=3):
    return keras.Sequential([keras.Input((size,)), layers.Dense(4, activation="relu", name="hidden"),
                             layers.Dropout(0.5), layers.Dense(2, activation="softmax", name="last")])

def branched():
    start = keras.Input((3,))
    left, right = layers.Dense(4, activation="tanh", name="left")(start), layers.Dense(4, name="right")(start)
    return keras.Model(start, layers.Dense(2, name="last")(layers.Add(name="sum")([left, right])))

class Liar(keras.Sequential):
    def call(self, inputs, **_):
        return super().call(inputs) * 0 + 1

def liar():
    return Liar([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones")])

class Own(keras.layers.Layer):
    def call(self, x):
        return x

def own():
    return keras.Sequential([keras.Input((3,)), Own(name="mine")])

def lambda_layer():
    return keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x, name="trick")])

def unbuilt():
    return keras.Sequential([layers.Dense(2)])

def no_model():
    return [1, 2]

def poisoned():
    model = sequential()
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    return model

def outputs(model, x):
    return model(x, training=False)

def square(model, x):
    return model(x) ** 2

def descend(model, optimizer, x):
    import tensorflow as tf
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss

def kinds(*objects):
    return [[type(each).__name__, isinstance(each, (keras.Model, keras.optimizers.Optimizer))]
            for each in objects]

def train(model, x, y, *, seed):
    keras.utils.set_random_seed(seed)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model.fit(x, y, epochs=2, verbose=0).history["loss"]
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(VisiblePaths.for_this_python(), Tier.NAMESPACES) as started:
        yield started


@pytest.fixture
def subject(zygote: Zygote) -> Subject:
    return Subject({"cnn.py": SOURCE}, "cnn", 7, HomeworkLimits(), zygote)


def inputs(count: int = 5) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(size=(count, 3)).astype("float32")


@pytest.mark.parametrize("builder", ["sequential", "branched"])
def test_a_rebuilt_model_computes_the_same(subject: Subject, builder: str) -> None:
    [built] = subject.build(builder, [Build(then={"outputs": Call((inputs(),))})])
    evaluation = built.model.evaluate(inputs(), layers=True)
    np.testing.assert_allclose(evaluation.outputs, built.returned("outputs"), rtol=1e-5, atol=1e-6)
    assert [layer.name for layer in evaluation.layers] == list(evaluation.activations)
    np.testing.assert_array_equal(evaluation.activations["last"], evaluation.outputs)
    assert built.model.layers == evaluation.layers
    assert evaluation.layers[-1].output_shape == (2,)


def test_many_inputs_are_evaluated_in_batches(subject: Subject) -> None:
    [built] = subject.build("sequential", [Build()])
    many = built.model.evaluate(inputs(600)).outputs
    assert many.shape == (600, 2)
    np.testing.assert_allclose(many[-5:], built.model.evaluate(inputs(600)[-5:]).outputs, rtol=1e-5)


def test_a_model_with_its_own_call_is_refused(subject: Subject) -> None:
    [built] = subject.build("liar", [Build(then={"outputs": Call((inputs(),))})])
    assert (built.returned("outputs") == 1).all()
    with pytest.raises(StudentFault, match="Liar"):
        built.model.evaluate(inputs())


@pytest.mark.parametrize(
    ("builder", "words"),
    [
        ("own", "mine"),
        ("lambda_layer", "trick"),
        ("unbuilt", ""),
        ("no_model", "list instead of a Keras model"),
        ("poisoned", "Expected finite weights"),
    ],
)
def test_a_model_is_refused_with_a_reason(subject: Subject, builder: str, words: str) -> None:
    [built] = subject.build(builder, [Build()])
    with pytest.raises(StudentFault) as caught:
        built.model.evaluate(inputs())
    assert caught.value.status is CheckStatus.REFUSED
    assert words in caught.value.message


def test_a_wrong_input_shape_is_refused(subject: Subject) -> None:
    """The message names the expected and the received shape."""
    [built] = subject.build("sequential", [Build({"size": 8})])
    with pytest.raises(RefusedModel, match=r"inputs of shape \(3,\)\. Received: \(8,\)"):
        built.model.evaluate(inputs())


def test_weights_that_do_not_fit_are_refused(subject: Subject, zygote: Zygote) -> None:
    [built] = subject.build("sequential", [Build()])
    model = built.model
    forged = StudentModel({"config": model.config.to_json(), "weights": list(model.weights[:-1])}, zygote.run)
    with pytest.raises(RefusedModel, match="weights that fit the layers"):
        forged.evaluate(inputs())


def test_equal_seeds_train_bit_identical_models(zygote: Zygote) -> None:
    labels = np.arange(5, dtype="int32") % 2
    trained = [
        Subject({"cnn.py": SOURCE}, "cnn", 7, HomeworkLimits(), zygote).train(
            "sequential", "train", inputs(), labels
        )
        for _ in range(2)
    ]
    for one, other in zip(trained[0].model.weights, trained[1].model.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert trained[0].returned == trained[1].returned
    assert len(trained[0].returned) == 2


def test_a_missing_function_keeps_the_model(subject: Subject) -> None:
    [built] = subject.build("sequential", [Build(then={"feature_maps": Call((inputs(),))})])
    assert len(built.model.layers) == 3
    with pytest.raises(StudentFault, match="Expected a function named feature_maps"):
        built.returned("feature_maps")


# Networks and optimizers of the check's own

LINEAR = network("linear", (3,), layer("Dense", "all", units=2))
KERNEL, BIAS = np.arange(6, dtype="float32").reshape(3, 2), np.array([1, -1], "float32")


def test_student_code_receives_described_objects(subject: Subject) -> None:
    """Student code gets the Keras network and the optimizer that the check describes."""
    script = subject.script()
    made = script.make(LINEAR, [KERNEL, BIAS]), script.make(optimizer("Adam", beta_1=0.5))
    kinds, squares = script.call("kinds", *made), script.call("square", made[0], inputs())
    assert kinds.value == [["Sequential", True], ["Adam", True]]
    np.testing.assert_allclose(squares.value, (inputs() @ KERNEL + BIAS) ** 2, rtol=1e-4)


def test_a_made_network_is_exported_and_runs(subject: Subject) -> None:
    script = subject.script()
    exported = script.export(script.make(LINEAR, [KERNEL, BIAS])).value
    np.testing.assert_array_equal(exported.weights[0], KERNEL)
    np.testing.assert_array_equal(exported.weights[1], BIAS)
    np.testing.assert_allclose(exported.evaluate(inputs()).outputs, inputs() @ KERNEL + BIAS, rtol=1e-4)


def test_a_made_optimizer_moves_only_its_network(subject: Subject) -> None:
    """The loss is the sum of the outputs: its slopes are sums of the inputs, and their number."""
    script = subject.script()
    linear, other = script.make(LINEAR, [KERNEL, BIAS]), script.make(LINEAR, [KERNEL, BIAS])
    loss = script.call("descend", linear, script.make(optimizer("SGD", learning_rate=0.5)), inputs())
    moved, still = script.export(linear), script.export(other)
    assert loss.value == pytest.approx((inputs() @ KERNEL + BIAS).sum(), rel=1e-4)
    slope = np.repeat(inputs().sum(axis=0)[:, np.newaxis], 2, axis=1)
    np.testing.assert_allclose(moved.value.weights[0], KERNEL - 0.5 * slope, atol=1e-5)
    np.testing.assert_allclose(moved.value.weights[1], BIAS - 0.5 * len(inputs()), atol=1e-5)
    np.testing.assert_array_equal(still.value.weights[0], KERNEL)


def test_a_made_network_gets_other_weights_later(subject: Subject) -> None:
    script = subject.script()
    linear = script.make(LINEAR, [KERNEL, BIAS])
    script.set_weights(linear, [2 * KERNEL, 2 * BIAS])
    squares = script.call("square", linear, inputs())
    np.testing.assert_allclose(squares.value, 4 * (inputs() @ KERNEL + BIAS) ** 2, rtol=1e-4)


def test_omitted_weights_come_from_the_seed(subject: Subject) -> None:
    """Weights that a check does not give are drawn with the seed of the script."""
    kernels = []
    for seed in (1, 1, 2):
        script = subject.script(seed=seed)
        made = [script.make(LINEAR), script.make(LINEAR)]
        first, second = [script.export(each) for each in made]
        kernels.append(first.value.weights[0])
        assert np.abs(first.value.weights[0] - second.value.weights[0]).max() > 1e-3
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[0] - kernels[2]).max() > 1e-3


@pytest.mark.parametrize(
    ("described", "weights", "kind"),
    [
        (LINEAR, [KERNEL], "Sequential"),
        (LINEAR, [KERNEL.T, BIAS], "Sequential"),
        (network("wrong", (3,), layer("Dents", "all", units=2)), None, "Sequential"),
        (optimizer("SGD", speed=1), None, "SGD"),
    ],
)
def test_an_object_that_cannot_be_made_is_named(
    subject: Subject, described: dict[str, Any], weights: Any, kind: str
) -> None:
    """The other steps of the script still run."""
    script = subject.script()
    made = script.make(described, weights)
    given, other = script.call("kinds", made), script.call("kinds", script.make(LINEAR))
    assert other.value == [["Sequential", True]]
    for step in (made, given):
        with pytest.raises(StudentFault, match=f"making the check's {kind} raised"):
            _ = step.value
