"""The CNN reference, and the wheats beside it, against Keras's own layers."""

from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from solutions import Run, solution

pytestmark = pytest.mark.tensorflow

CORRECT = ["cnn.py", "wheat/functional.py", "wheat/custom_loop.py"]

SHAPES = {
    "conv1": (28, 28, 16),
    "pool1": (14, 14, 16),
    "conv2": (14, 14, 32),
    "pool2": (7, 7, 32),
    "conv3": (7, 7, 64),
    "global_pool": (64,),
    "dropout": (64,),
    "probabilities": (10,),
}

Array: TypeAlias = NDArray[Any]


# ------------------------------------------------------------------------ called in the other process


def convolve(
    name: str, images: Array, kernels: Array, biases: Array, steps: dict[str, int]
) -> tuple[Array, Array]:
    """Return what a solution makes of the images, and what Keras does."""
    import keras

    layer = keras.layers.Conv2D(kernels.shape[-1], kernels.shape[:2], strides=steps["stride"])
    layer.build(images.shape)
    layer.set_weights([kernels, biases])
    sides = (steps["padding"], steps["padding"])
    expected = layer(np.pad(images, ((0, 0), sides, sides, (0, 0))))
    return solution("cnn", name).conv2d(images, kernels, biases, **steps), np.asarray(expected)


def convolve_same(name: str, images: Array, kernels: Array) -> tuple[Array, Array]:
    """Return what a solution with padding 1 makes of the images, and Keras with "same" padding."""
    import keras

    biases = np.zeros(kernels.shape[-1], dtype="float32")
    expected = keras.ops.conv(images, kernels, padding="same")
    return solution("cnn", name).conv2d(images, kernels, biases, padding=1), np.asarray(expected)


def pool(name: str, images: Array, size: int, stride: int | None) -> tuple[Array, Array]:
    """Return what a solution makes of the images, and what Keras does."""
    import keras

    expected = keras.layers.MaxPooling2D(size, strides=stride)(images)
    return solution("cnn", name).max_pool2d(images, size, stride), np.asarray(expected)


def output_sizes(name: str, cases: list[tuple[int, int, int, int]]) -> list[int]:
    """Return a solution's answers."""
    return [solution("cnn", name).conv_output_size(*case) for case in cases]


def describe(name: str, **options: Any) -> tuple[dict[str, tuple[int, ...]], int, str]:
    """Return the shape of every layer's output, the number of parameters, and the configuration."""
    model = solution("cnn", name).build_classifier(**options)
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    return {layer.name: layer.output.shape[1:] for layer in layers}, model.count_params(), model.to_json()


def describe_small(name: str) -> tuple[dict[str, tuple[int, ...]], int, str]:
    """As `describe`, for other images and classes."""
    return describe(name, input_shape=(20, 24, 3), num_classes=5)


def train(name: str, images: Array, labels: Array) -> tuple[list[Any], Array]:
    """Train on a few images; return the losses and the first layer's kernels."""
    import keras

    module = solution("cnn", name)
    keras.utils.set_random_seed(0)
    model = module.build_classifier()
    losses = module.train_classifier(model, images, labels, epochs=3, batch_size=32, seed=5)
    return losses, np.asarray(model.get_layer("conv1").kernel)


def look_inside(name: str, images: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return a solution's feature maps of the reference's model, and those got layer by layer."""
    model = solution("cnn", "cnn.py").build_classifier()
    expected, data = {}, images
    for layer in model.layers:
        data = layer(data, training=False)
        expected[layer.name] = np.asarray(data)
    return solution("cnn", name).feature_maps(model, images), expected


def look_inside_functional(name: str, images: Array) -> list[str]:
    """Return the names of the feature maps of a functional model, which has an input layer."""
    model = solution("cnn", "wheat/functional.py").build_classifier()
    return list(solution("cnn", name).feature_maps(model, images))


# ------------------------------------------------------------------------------------------- the tests


def normal(*shape: int) -> Array:
    """Return the same random numbers for the same shape."""
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


@pytest.mark.parametrize("name", CORRECT)
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4), (5, 3)])
def test_conv2d_agrees_with_keras(
    beside: Run, name: str, kernel: tuple[int, int], stride: int, padding: int
) -> None:
    steps = {"stride": stride, "padding": padding}
    received, expected = beside(convolve, name, normal(2, 9, 8, 3), normal(*kernel, 3, 4), normal(4), steps)
    np.testing.assert_allclose(received, expected, atol=1e-5)


@pytest.mark.parametrize("name", CORRECT)
def test_conv2d_with_padding_agrees_with_same(beside: Run, name: str) -> None:
    received, expected = beside(convolve_same, name, normal(3, 28, 28, 1), normal(3, 3, 1, 2))
    np.testing.assert_allclose(received, expected, atol=1e-5)


@pytest.mark.parametrize("name", CORRECT)
@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, None), (2, 1), (3, 2), (2, 3), (1, 1), (7, 2)])
def test_max_pool2d_agrees_with_keras(beside: Run, name: str, size: int, stride: int | None) -> None:
    received, expected = beside(pool, name, normal(2, 9, 8, 3) - 5, size, stride)
    np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("name", CORRECT)
def test_output_size_counts_the_positions(beside: Run, name: str) -> None:
    cases = [
        (size, kernel, stride, padding)
        for size in range(1, 12)
        for kernel in range(1, 6)
        for stride in range(1, 5)
        for padding in range(3)
        if kernel <= size + 2 * padding
    ]
    expected = [
        sum(start + kernel <= size + 2 * padding for start in range(0, size + 2 * padding, stride))
        for size, kernel, stride, padding in cases
    ]
    received = beside(output_sizes, name, cases)
    assert received == expected
    assert {type(value) for value in received} == {int}


@pytest.mark.parametrize("name", CORRECT)
def test_classifier_is_that_of_the_table(beside: Run, name: str) -> None:
    shapes, parameters, _ = beside(describe, name)
    assert list(shapes.items()) == list(SHAPES.items())
    assert parameters == 23_946


@pytest.mark.parametrize("name", CORRECT)
def test_the_classifier_takes_other_sizes(beside: Run, name: str) -> None:
    """The image size and the number of classes are arguments."""
    shapes, _, _ = beside(describe_small, name)
    assert shapes["conv1"] == (20, 24, 16)
    assert shapes["conv3"] == (5, 6, 64)
    assert shapes["probabilities"] == (5,)


@pytest.mark.parametrize("name", CORRECT)
def test_training_lowers_the_loss_reproducibly(beside: Run, name: str) -> None:
    from autograder.datasets import load_train

    digits = load_train("digits")
    images, labels = digits.images[:640], digits.labels[:640]
    losses, kernels = beside(train, name, images, labels)
    assert [type(loss) for loss in losses] == [float] * 3
    assert losses[0] > losses[1] > losses[2]
    again, same_kernels = beside(train, name, images, labels)
    assert losses == again
    np.testing.assert_array_equal(kernels, same_kernels)


@pytest.mark.parametrize("name", CORRECT)
def test_feature_maps_are_the_outputs_of_layers(beside: Run, name: str) -> None:
    """They are in the order of the layers."""
    received, expected = beside(look_inside, name, normal(4, 28, 28, 1))
    assert list(received) == list(expected) == list(SHAPES)
    for layer, maps in received.items():
        assert isinstance(maps, np.ndarray)
        np.testing.assert_allclose(maps, expected[layer], atol=1e-5)


@pytest.mark.parametrize("name", CORRECT)
def test_feature_maps_leave_input_layers_out(beside: Run, name: str) -> None:
    assert beside(look_inside_functional, name, normal(1, 28, 28, 1)) == list(SHAPES)
