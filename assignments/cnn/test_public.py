"""The public checks of the CNN homework: run them with ``pytest`` or ``autograder check cnn``."""

import numpy as np
import pytest

from autograder.checks import (
    Call,
    CheckFailed,
    LayerRow,
    cross_entropy,
    expect_array,
    expect_layers,
    expect_numbers,
    expect_value,
)

LAYERS = [
    LayerRow("conv1", (28, 28, 16)),
    LayerRow("pool1", (14, 14, 16)),
    LayerRow("conv2", (14, 14, 32)),
    LayerRow("pool2", (7, 7, 32)),
    LayerRow("conv3", (7, 7, 64)),
    LayerRow("global_pool", (64,)),
    LayerRow("dropout", (64,)),
    LayerRow("probabilities", (10,)),
]


@pytest.mark.points(2)
def test_output_size_examples(submission):
    """conv_output_size is right for three small examples."""
    examples = {(5, 3): 3, (28, 3, 1, 1): 28, (7, 2, 2): 3}
    received = submission.calls("conv_output_size", [Call(args) for args in examples])
    for (args, expected), value in zip(examples.items(), received, strict=True):
        expect_value(f"conv_output_size{args}", value, expected, reveal=True)


@pytest.mark.points(2)
def test_conv2d_example(submission):
    """conv2d finds the vertical edge in a 4×4 image."""
    image = np.array([[0, 0, 1, 1]] * 4, dtype="float32").reshape(1, 4, 4, 1)
    kernel = np.array([[-1, 1]], dtype="float32").reshape(1, 2, 1, 1)
    received = submission.call("conv2d", image, kernel, np.array([0.5], dtype="float32"))
    expected = np.array([[0.5, 1.5, 0.5]] * 4, dtype="float32").reshape(1, 4, 3, 1)
    hint = "Each output is the sum of kernel times window, plus the bias; the kernel is not flipped."
    expect_array("the filtered image", received, expected, hint=hint, reveal=True)


@pytest.mark.points(2)
def test_max_pool2d_example(submission):
    """max_pool2d keeps the largest value of each 2×2 window."""
    image = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    received = submission.call("max_pool2d", image)
    expected = np.array([[5, 7], [13, 15]], dtype="float32").reshape(1, 2, 2, 1)
    expect_array("the pooled image", received, expected, reveal=True)


@pytest.mark.points(3)
def test_classifier_layers(evaluation):
    """build_classifier has the layers of the handout's table, with their shapes."""
    expect_layers(evaluation.layers, LAYERS)


@pytest.mark.points(2)
@pytest.mark.needs("classifier_layers")
@pytest.mark.calibrated(runs=3, slack=0.2, seeds="training")
def test_training_lowers_the_loss(outputs, dataset, renamed, calibrated):
    """train_classifier lowers the cross-entropy on the training images."""
    hint = "Without training it is 2.3. Does the loss fall in every epoch? Look at loss function and labels."
    labels = renamed[dataset.train.labels[:500]]
    calibrated.at_most(
        "cross-entropy on training images", lambda seed: cross_entropy(outputs(seed)[0], labels), hint=hint
    )


@pytest.mark.points(1)
@pytest.mark.needs("training_lowers_the_loss")  # made-up losses are worth nothing without a training
def test_training_returns_losses(train, run_seed, homework):
    """train_classifier returns one loss for each epoch."""
    hint = "Return history.history['loss'], or a list of your own: one float for each epoch."
    returned = train(run_seed("training", 0)).returned
    expect_numbers("the losses", returned, homework.parameters["epochs"], hint=hint)
