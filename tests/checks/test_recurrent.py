"""Networks with a state, as checks run them: from the student's code to the numbers that decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.checks import CheckFailed, StudentFault, Subject
from autograder.checks.recurrent import cell_states, run_windows, strong_weights
from autograder.homework import HomeworkLimits
from autograder.models.config import RefusedModel
from autograder.models.student_model import StudentModel
from autograder.sandbox.client import Zygote
from autograder.sandbox.tier import Tier, probe
from autograder.sandbox.visible import VisiblePaths

SOURCE = """
import keras
from keras import layers

def build(batch=2, window=3, features=2, stateful=True, bidirectional=False):
    layer = layers.LSTM(4, return_sequences=True, stateful=stateful)
    if bidirectional:
        layer = layers.Bidirectional(layer)
    return keras.Sequential([keras.Input(batch_shape=(batch, window, features)), layer,
                             layers.Dense(features, activation="softmax")])

def nested():
    inner = build()
    inputs = keras.Input(batch_shape=(2, 3, 2))
    return keras.Model(inputs, inner(inputs))

def first(kind="LSTM", **options):
    layer = getattr(layers, kind)(4, return_sequences=True, stateful=True, **options)
    return keras.Sequential([keras.Input(batch_shape=(1, 1, 2)), layer, layers.Dense(2)])

def states(model, inputs):
    seen = []
    for x in inputs:
        model(x[None, None], training=False)
        seen.append(keras.ops.convert_to_numpy(model.layers[0].states[1])[0])
    return keras.ops.convert_to_numpy(keras.ops.stack(seen))

def images(batch=4):
    return keras.Sequential([keras.Input(batch_shape=(batch, 3)), layers.Dense(2)])

def draw():
    import random
    return [float(keras.random.uniform(())), random.random()]

def outputs(model, windows):
    return [model(window, training=False) for window in windows]
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(VisiblePaths.for_this_python(), Tier.NAMESPACES) as started:
        yield started


@pytest.fixture
def subject(zygote: Zygote) -> Subject:
    return Subject({"rnn.py": SOURCE}, "rnn", 7, HomeworkLimits(), zygote)


def export(subject: Subject, builder: str = "build", **options: Any) -> StudentModel:
    written = subject.script()
    model: StudentModel = written.export(written.call(builder, **options)).value
    return model


def normal(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


@pytest.mark.tensorflow
@pytest.mark.skipif(probe().tier is not Tier.NAMESPACES, reason=f"no user namespaces: {probe().missing}")
class TestForReal:
    def test_a_script_sets_the_seed(self, subject: Subject) -> None:
        """The seed determines every random number that is drawn after it."""
        written = subject.script()
        first = written.call("draw")
        written.reseed(3)
        second = written.call("draw")
        written.reseed(3)
        third = written.call("draw")
        assert first.value != second.value
        assert second.value == third.value

    def test_the_state_starts_at_zero_and_carries_on(self, subject: Subject) -> None:
        """It carries on from window to window of one sequence."""
        windows = normal(4, 2, 3, 2)
        written = subject.script()
        network = written.call("build")
        exported, theirs = written.export(network), written.call("outputs", network, windows)
        first, again, tail = exported.value.run_sequences([windows, windows, windows[2:]])
        np.testing.assert_allclose(first, np.stack(theirs.value), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first[2:], tail)

    @pytest.mark.parametrize(("builder", "options"), [("nested", {}), ("build", {"bidirectional": True})])
    def test_the_state_of_inner_layers_starts_at_zero(
        self, subject: Subject, builder: str, options: dict[str, bool]
    ) -> None:
        """A layer may be inside a model or a wrapper."""
        first, again = export(subject, builder, **options).run_sequences([normal(3, 2, 3, 2)] * 2)
        np.testing.assert_array_equal(first, again)

    def test_many_windows_give_what_few_give(self, subject: Subject) -> None:
        """The network is compiled only where there are many windows."""
        model, windows = export(subject), normal(20, 2, 3, 2)
        many, again = model.run_sequences([windows, windows])
        [few] = model.run_sequences([windows[:8]])
        np.testing.assert_allclose(many[:8], few, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(many, again)

    def test_windows_alone_need_no_state(self, subject: Subject) -> None:
        """Run one by one, they give what a network without state gives."""
        windows = normal(4, 2, 3, 2)
        stateful, stateless = export(subject), export(subject, stateful=False)
        in_a_row = run_windows(stateful, windows, 2)
        with pytest.raises(CheckFailed, match=r"shape \(4, 2, 3, 5\)\. Received: \(4, 2, 3, 2\)"):
            run_windows(stateful, windows, 5)
        alone = np.concatenate(stateful.run_sequences(list(windows[:, np.newaxis])))
        [forgotten] = stateless.with_weights(stateful.weights).run_sequences([windows])
        np.testing.assert_allclose(alone, forgotten, rtol=1e-5, atol=1e-6)
        assert not np.allclose(in_a_row, forgotten)

    def test_other_weights_leave_the_model_as_it_was(self, subject: Subject) -> None:
        """The copy with the other weights gives other outputs."""
        model, windows = export(subject), normal(2, 2, 3, 2)
        [before] = model.run_sequences([windows])
        strong = model.with_weights(strong_weights(model.weights, np.random.default_rng(0)))
        [other], [after] = strong.run_sequences([windows]), model.run_sequences([windows])
        assert not np.allclose(other, before)
        np.testing.assert_array_equal(before, after)
        assert np.ptp(other) > 0.5

    def test_another_batch_size_is_refused(self, subject: Subject) -> None:
        """The message gives both sizes."""
        model = export(subject)
        with pytest.raises(RefusedModel, match=r"for 5 sequences at a time\. Received: for 2"):
            model.run_sequences([normal(1, 5, 3, 2)])
        with pytest.raises(RefusedModel, match=r"shape \(4, 2\)\. Received: \(3, 2\)"):
            model.run_sequences([normal(1, 2, 4, 2)])

    def test_a_fixed_batch_size_is_respected(self, subject: Subject) -> None:
        """The number of inputs must be a multiple of it."""
        model = export(subject, "images")
        assert model.evaluate(normal(8, 3)).outputs.shape == (8, 2)
        with pytest.raises(RefusedModel, match=r"any number of inputs\. Received: for 4 at a time"):
            model.evaluate(normal(6, 3))

    def test_wrong_weight_shapes_blame_the_builder(self, subject: Subject) -> None:
        written = subject.script()
        network = written.call("build")
        setting = written.set_weights(network, [np.zeros((1, 1))])
        with pytest.raises(StudentFault, match="build raised ValueError"):
            _ = setting.value

    def test_cell_states_are_those_that_keras_keeps(self, subject: Subject) -> None:
        model, inputs = export(subject, "first"), normal(30, 2)
        strong = strong_weights(model.weights, np.random.default_rng(2), 2.0)
        written = subject.script()
        network = written.call("first")
        written.set_weights(network, strong)
        theirs = written.call("states", network, inputs).value
        ours = cell_states(model.with_weights(strong), inputs)
        assert ours is not None
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
        assert np.abs(theirs).max() > 1
        with pytest.raises(ValueError, match=r"shape \(T, 2\)\. Received: \(30, 3\)"):
            cell_states(model, normal(30, 3))

    @pytest.mark.parametrize(
        "options",
        [
            {"kind": "GRU"},
            {"kind": "SimpleRNN"},
            {"activation": "relu"},
            {"recurrent_activation": "hard_sigmoid"},
            {"use_bias": False},
            {"go_backwards": True},
        ],
    )
    def test_other_layers_have_no_cell_states_to_draw(
        self, subject: Subject, options: dict[str, Any]
    ) -> None:
        """Only an LSTM with the usual options has such states."""
        assert cell_states(export(subject, "first", **options), normal(3, 2)) is None

    def test_the_largest_weights_overflow_nothing(self, subject: Subject) -> None:
        model = export(subject, "first")
        huge = [np.full(values.shape, 3e38, "float32") for values in model.weights]
        found = cell_states(model.with_weights(huge), np.full((4, 2), 3e38))
        assert found is not None
        np.testing.assert_allclose(found[:, 0], [1, 2, 3, 4])
