"""The hidden checks of the CNN homework."""

import numpy as np
import pytest

from autograder.checks import (
    Call,
    CheckFailed,
    LayerRow,
    accuracy,
    expect_array,
    expect_at_least,
    expect_layers,
    expect_rectified,
    expect_value,
)

pytestmark = pytest.mark.visibility("hidden")

CONVOLUTIONS = ("conv1", "conv2", "conv3")
# Measured on digits with 5 epochs: the reference .949 to .983 in 48 runs (mean .967, sd .010), .907 in one
# more. One epoch: .81 to .88; Flatten in place of global pooling: .86 to .87; one dense layer: .74 to .77 (3
# runs each). The threshold leaves room below the worst correct run; it is not calibrated yet.
ACCURACY = 0.88


def convolution(rng, height, width, channels, kernel_height, kernel_width, filters, **options):
    """Return one case for conv2d: images, kernels and biases of these sizes, without symmetries."""
    images = rng.normal(size=(2, height, width, channels))
    kernels = rng.normal(size=(kernel_height, kernel_width, channels, filters))
    return Call((images, kernels, rng.normal(size=filters)), options)


def expect_same_arrays(submission, reference, function, cases, hint):
    """Expect the submission's arrays to be the reference's, case by case."""
    received = submission.calls(function, cases)
    expected = reference.calls(function, cases)
    for case, ours, theirs in zip(cases, expected, received, strict=True):
        sizes = ", ".join(str(argument.shape) for argument in case.args)
        options = "".join(f", {name}={value}" for name, value in case.kwargs.items())
        expect_array(f"{function} for arrays of shape {sizes}{options}", theirs, ours, hint=hint)


@pytest.mark.points(2)
def test_output_size(submission, reference):
    """conv_output_size is right for all sizes, strides and paddings, also where they leave a rest."""
    cases = [
        Call((size, kernel, stride, padding))
        for size in (1, 5, 8, 28, 31)
        for kernel in (1, 2, 3, 5)
        for stride in (1, 2, 3)
        for padding in (0, 1, 2)
        if kernel <= size + 2 * padding
    ]
    received = submission.calls("conv_output_size", cases)
    for case, value, expected in zip(
        cases, received, reference.calls("conv_output_size", cases), strict=True
    ):
        expect_value(
            f"conv_output_size{case.args}", value, expected, hint="What if the last step does not fit?"
        )


@pytest.mark.points(3)
def test_conv2d_values(submission, reference, rng):
    """conv2d gives Keras's numbers for several channels, filters and kernel sizes."""
    cases = [
        convolution(rng, 6, 7, 3, 3, 3, 4),
        convolution(rng, 5, 5, 1, 2, 3, 2),
        convolution(rng, 4, 6, 2, 1, 1, 3),
    ]
    hint = "Sum over the kernel's rows, columns and channels; each filter has its own bias."
    expect_same_arrays(submission, reference, "conv2d", cases, hint)


@pytest.mark.points(3)
def test_conv2d_stride(submission, reference, rng):
    """conv2d moves the kernel by the stride."""
    cases = [convolution(rng, 7, 9, 2, 3, 3, 2, stride=2), convolution(rng, 8, 8, 1, 2, 2, 3, stride=3)]
    hint = "The window for output row i starts at input row i · stride."
    expect_same_arrays(submission, reference, "conv2d", cases, hint)


@pytest.mark.points(3)
def test_conv2d_padding(submission, reference, rng):
    """conv2d pads all four sides with zeros."""
    cases = [convolution(rng, 5, 6, 2, 3, 3, 2, padding=1), convolution(rng, 4, 4, 1, 3, 3, 2, padding=2)]
    hint = "Pad rows and columns on both sides; not the batch, not the channels."
    expect_same_arrays(submission, reference, "conv2d", cases, hint)


@pytest.mark.points(3)
def test_max_pool2d_values(submission, reference, rng):
    """max_pool2d is right for negative values, other window sizes, and a stride of its own."""
    shapes_and_options = [
        ((2, 6, 6, 3), {}),
        ((1, 7, 5, 2), {"pool_size": 2}),
        ((2, 9, 9, 1), {"pool_size": 3, "stride": 2}),
        ((1, 6, 8, 2), {"pool_size": 2, "stride": 1}),
    ]
    cases = [Call((rng.normal(size=shape) - 3,), options) for shape, options in shapes_and_options]
    hint = "The largest of four negative numbers is negative; a window that does not fit is left out."
    expect_same_arrays(submission, reference, "max_pool2d", cases, hint)


@pytest.mark.points(2)
@pytest.mark.needs("classifier_layers")
def test_classifier_other_sizes(built):
    """build_classifier also works for other images and another number of classes."""
    table = [LayerRow("conv1", (20, 24, 16)), LayerRow("pool2", (5, 6, 32)), LayerRow("probabilities", (5,))]
    expect_layers(built[1].model.layers, table)


@pytest.mark.points(2)
@pytest.mark.needs("classifier_layers")
def test_classifier_is_nonlinear(classifier, evaluation):
    """Each convolution of build_classifier ends in a ReLU, and there is dropout."""
    expect_rectified(evaluation.activations, CONVOLUTIONS)
    rates = [
        layer.config["rate"] for layer in classifier.model.config.layers if "Dropout" in layer.class_name
    ]
    if not any(rates):
        raise CheckFailed("Expected a Dropout layer with a rate above 0. Received: none.")


@pytest.mark.points(2)
@pytest.mark.needs("classifier_layers")
def test_classifier_gives_probabilities(evaluation):
    """build_classifier gives probabilities: no negative values, each row with sum 1."""
    outputs = evaluation.outputs
    hint = "Which activation turns numbers into probabilities?"
    if (outputs < 0).any():
        raise CheckFailed("Expected probabilities. Received: negative values.", hint)
    sums = outputs.sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-4):
        raise CheckFailed(
            f"Expected rows with sum 1. Received: sums from {sums.min():.3f} to {sums.max():.3f}.", hint
        )


@pytest.mark.points(3)
@pytest.mark.needs("classifier_layers")
def test_feature_maps(classifier, evaluation):
    """feature_maps returns the output of every layer by its name."""
    received = classifier.returned("feature_maps")
    expected = evaluation.activations
    if not isinstance(received, dict):
        raise CheckFailed(
            f"Expected feature_maps to return a dictionary. Received: {type(received).__name__}."
        )
    expect_value("the names in feature_maps", list(received), list(expected), reveal=True)
    for name, values in expected.items():
        hint = "The output of the layer itself: after its activation, with dropout switched off."
        expect_array(
            f"feature_maps(…)[{name!r}]", received[name], values, relative=1e-3, absolute=1e-4, hint=hint
        )


@pytest.mark.points(5)
@pytest.mark.needs("classifier_layers")
def test_training_reaches_accuracy(outputs, dataset, renamed, metric):
    """After train_classifier the network recognises digits that it has never seen."""
    reached = accuracy(outputs[1], renamed[dataset.test.labels])
    metric("accuracy", reached)
    hint = "Does the loss fall in every epoch? Look at activations, loss function, learning rate and labels."
    expect_at_least("accuracy on held-out images", reached, ACCURACY, hint=hint)
