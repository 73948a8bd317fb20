"""A student's network, from the worker to the numbers that the grader believes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.checks.subject import Build, Call, Subject
from autograder.checks.verdict import StudentFault
from autograder.homework import HomeworkLimits
from autograder.models.config import RefusedModel
from autograder.models.student_model import StudentModel
from autograder.result import CheckStatus
from autograder.sandbox.client import Zygote
from autograder.sandbox.jail import Walls
from autograder.sandbox.tier import Tier, probe

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

def train(model, x, y, *, seed):
    keras.utils.set_random_seed(seed)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model.fit(x, y, epochs=2, verbose=0).history["loss"]
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(Walls.around_this_python(), Tier.NAMESPACES) as started:
        yield started


@pytest.fixture
def subject(zygote: Zygote) -> Subject:
    return Subject({"cnn.py": SOURCE}, "cnn", 7, HomeworkLimits(), zygote)


def inputs(count: int = 5) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(size=(count, 3)).astype("float32")


@pytest.mark.parametrize("builder", ["sequential", "branched"])
def test_a_rebuild_computes_what_the_students_model_computes(subject: Subject, builder: str) -> None:
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


def test_a_model_with_a_call_of_its_own_is_refused(subject: Subject) -> None:
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
def test_what_cannot_be_graded_is_refused_with_a_reason(subject: Subject, builder: str, words: str) -> None:
    [built] = subject.build(builder, [Build()])
    with pytest.raises(StudentFault) as caught:
        built.model.evaluate(inputs())
    assert caught.value.status is CheckStatus.REFUSED
    assert words in caught.value.message


def test_a_model_for_other_inputs_is_refused_with_both_shapes(subject: Subject) -> None:
    [built] = subject.build("sequential", [Build({"size": 8})])
    with pytest.raises(RefusedModel, match=r"inputs of shape \(3,\)\. Received: \(8,\)"):
        built.model.evaluate(inputs())


def test_weights_that_do_not_fit_are_refused(subject: Subject, zygote: Zygote) -> None:
    [built] = subject.build("sequential", [Build()])
    model = built.model
    forged = StudentModel({"config": model.config.to_json(), "weights": list(model.weights[:-1])}, zygote.run)
    with pytest.raises(RefusedModel, match="weights that fit the layers"):
        forged.evaluate(inputs())


def test_the_same_seed_gives_the_same_training_to_the_last_bit(zygote: Zygote) -> None:
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


def test_a_fault_in_one_function_does_not_cost_the_model(subject: Subject) -> None:
    [built] = subject.build("sequential", [Build(then={"feature_maps": Call((inputs(),))})])
    assert len(built.model.layers) == 3
    with pytest.raises(StudentFault, match="Expected a function named feature_maps"):
        built.returned("feature_maps")
