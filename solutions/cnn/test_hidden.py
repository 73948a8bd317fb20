"""The hidden checks of the CNN homework."""

import numpy as np
import pytest

from autograder.checks import Call, CheckFailed, accuracy, cross_entropy, expect_array, expect_value
from autograder.checks.layers import LayerRow, expect_layers, expect_parameters, expect_rectified
from autograder.pictures import confusion_matrix

pytestmark = pytest.mark.visibility("hidden")

CONVOLUTIONS = ("conv1", "conv2", "conv3")
PARAMETERS = {
    "conv1": 160,
    "pool1": 0,
    "conv2": 4640,
    "pool2": 0,
    "conv3": 18496,
    "global_pool": 0,
    "dropout": 0,
    "probabilities": 650,
}


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


@pytest.mark.points(2)
def test_conv2d_stride(submission, reference, rng):
    """conv2d moves the kernel by the stride."""
    cases = [convolution(rng, 7, 9, 2, 3, 3, 2, stride=2), convolution(rng, 8, 8, 1, 2, 2, 3, stride=3)]
    hint = "The window for output row i starts at input row i · stride."
    expect_same_arrays(submission, reference, "conv2d", cases, hint)


@pytest.mark.points(2)
def test_conv2d_padding(submission, reference, rng):
    """conv2d pads all four sides with zeros."""
    cases = [convolution(rng, 5, 6, 2, 3, 3, 2, padding=1), convolution(rng, 4, 4, 1, 3, 3, 2, padding=2)]
    hint = "Pad rows and columns on both sides; not the batch, not the channels."
    expect_same_arrays(submission, reference, "conv2d", cases, hint)


@pytest.mark.points(1)
@pytest.mark.needs("conv2d_stride", "conv2d_padding")
def test_conv2d_stride_and_padding(submission, reference, rng):
    """conv2d takes stride and padding together."""
    cases = [
        convolution(rng, 6, 7, 2, 3, 3, 2, stride=2, padding=1),
        convolution(rng, 5, 4, 1, 2, 2, 2, stride=3, padding=2),
    ]
    hint = "First pad, then move by the stride over the padded image."
    expect_same_arrays(submission, reference, "conv2d", cases, hint)


@pytest.mark.points(2)
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


@pytest.mark.points(1)
@pytest.mark.needs("classifier_layers")
def test_classifier_other_sizes(built):
    """build_classifier also works for other images and another number of classes."""
    table = [LayerRow("conv1", (20, 24, 16)), LayerRow("pool2", (5, 6, 32)), LayerRow("probabilities", (5,))]
    expect_layers(built[1].model.layers, table)


@pytest.mark.points(1)
@pytest.mark.needs("classifier_layers")
def test_classifier_parameters(evaluation):
    """Each layer of build_classifier has as many parameters as in the handout's table."""
    expect_parameters(evaluation.layers, PARAMETERS)


@pytest.mark.points(2)
@pytest.mark.needs("classifier_layers")
def test_classifier_is_nonlinear(evaluation):
    """Each convolution of build_classifier ends in a ReLU."""
    expect_rectified(evaluation.activations, CONVOLUTIONS, table=list(PARAMETERS))


@pytest.mark.points(1)
@pytest.mark.needs("classifier_layers")
def test_classifier_pooling(evaluation):
    """The pooling layers of build_classifier keep the largest values."""
    # A ReLU may as well come after the pooling: both orders give the same.
    maps = {name: np.maximum(values, 0) for name, values in evaluation.activations.items()}
    expected = {
        "pool1": maps["conv1"].reshape(-1, 14, 2, 14, 2, 16).max(axis=(2, 4)),
        "pool2": maps["conv2"].reshape(-1, 7, 2, 7, 2, 32).max(axis=(2, 4)),
        "global_pool": maps["conv3"].max(axis=(1, 2)),
    }
    for name, values in expected.items():
        hint = "Max pooling keeps the largest value of each window, not the mean."
        expect_array(f"the output of layer {name!r}", maps[name], values, hint=hint)


@pytest.mark.points(1)
@pytest.mark.needs("classifier_layers")
def test_classifier_dropout(classifier):
    """build_classifier drops a fifth of the values while it is trained."""
    layers = classifier.model.config.layers
    rates = [layer.config["rate"] for layer in layers if layer.class_name == "Dropout"]
    if len(rates) != 1 or not np.isclose(rates[0], 0.2):
        received = ", ".join(f"{rate:g}" for rate in rates) or "none"
        raise CheckFailed(
            f"Expected one Dropout layer with a rate of 0.2. Received: {received}.",
            "The rate is the share of the values that is set to zero.",
        )


@pytest.mark.points(1)
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


@pytest.mark.points(1)
@pytest.mark.needs("training_lowers_the_loss")
def test_training_changes_every_layer(train, run_seed):
    """train_classifier trains every layer of the network."""
    weights = train(run_seed("training", 0)).model.weights
    biases = [values for values in weights if values.ndim == 1]
    unchanged = sum(not values.any() for values in biases)
    if unchanged:
        raise CheckFailed(
            f"Expected training to change all weights. Received: {unchanged} of {len(biases)} layers whose "
            "biases are still zero.",
            "Is every layer trainable? Is it the given model that is trained, and not a copy?",
        )


@pytest.mark.points(1)
@pytest.mark.needs("training_returns_losses")
@pytest.mark.calibrated(runs=3, slack=0.1, seeds="training")
def test_training_reports_its_loss(train, outputs, dataset, renamed, calibrated):
    """The last loss that train_classifier returns is the mean over the images of its last epoch."""
    labels = renamed[dataset.train.labels[:500]]

    def distance(seed):
        # The epoch's mean is taken while the network learns and with dropout, so the two are never equal.
        return abs(float(train(seed).returned[-1]) - cross_entropy(outputs(seed)[0], labels))

    calibrated.at_most(
        "distance between the last loss and the network's cross-entropy on training images",
        distance,
        hint="The mean cross-entropy of each epoch; no sum, and no accuracy.",
    )


@pytest.mark.points(4)
@pytest.mark.needs("classifier_layers")
@pytest.mark.calibrated(runs=3, slack=0.02, seeds="training")
def test_training_reaches_accuracy(outputs, dataset, renamed, calibrated, picture):
    """After train_classifier the network recognises digits that it has never seen."""
    hint = "Does the loss fall in every epoch? Look at activations, loss function, learning rate and labels."
    labels = renamed[dataset.test.labels]

    def measure(seed):
        probabilities = outputs(seed)[1]
        found = accuracy(probabilities, labels)
        answers = np.argsort(renamed)[probabilities.argmax(axis=1)]  # the digits' own names again
        matrix = confusion_matrix(dataset.test.labels, answers, 10)
        picture("confusions", matrix, "Which unseen digits the trained network takes for which.")
        return found

    calibrated.at_least("accuracy on held-out images", measure, hint=hint)
