"""The public checks of the CNN homework: run them with ``pytest`` or ``autograder check cnn``."""

import numpy as np
import pytest

from autograder.checks import (
    Call,
    CheckFailed,
    StudentFault,
    as_array,
    cross_entropy,
    expect_array,
    expect_numbers,
    expect_value,
)
from autograder.checks.images import squared_error
from autograder.checks.layers import LayerRow, expect_layers
from autograder.pictures import confusion_matrix, curves, image_rows, layer_rows, signed_tiles

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
def test_training_lowers_the_loss(train, outputs, dataset, renamed, calibrated, picture):
    """train_classifier lowers the cross-entropy on the training images."""
    hint = "Without training it is 2.3. Does the loss fall in every epoch? Look at loss function and labels."
    labels = renamed[dataset.train.labels[:500]]

    def measure(seed):
        probabilities = outputs(seed)[0]
        show_inside(train(seed).model, dataset.train.images[3], renamed, picture)
        answers = np.argsort(renamed)[probabilities.argmax(axis=1)]  # the digits' own names again
        matrix = confusion_matrix(dataset.train.labels[:500], answers, 10)
        picture("confusions", matrix, "Which training digits the trained network takes for which.")
        return cross_entropy(probabilities, labels)

    calibrated.at_most("cross-entropy on training images", measure, hint=hint)


def show_inside(model, image, renamed, picture):
    """Attach what a trained network makes of an image, layer by layer, and the kernels it learned."""
    maps = model.evaluate(image[np.newaxis], layers=True).activations
    wanted = {row.name: row.output_shape for row in LAYERS}  # a training may have changed the network
    layers = {name: values[0] for name, values in maps.items() if wanted.get(name) == values.shape[1:]}
    if "probabilities" in layers:
        layers["probabilities"] = layers["probabilities"][renamed]  # in the order of the digits again
    drawn = layer_rows({"image": image, **layers})
    picture("layers", drawn, "What each layer of the trained network makes of a digit.")
    kernels = model.weights[0]
    if kernels.ndim == 4 and kernels.shape[2] == 1 and max(kernels.shape) <= 16:  # what the handout asks for
        tiles = signed_tiles(kernels[:, :, 0].transpose(2, 0, 1), 8, scale=14)
        picture("kernels", tiles, "The kernels of the first layer after training.")


@pytest.mark.points(1)
@pytest.mark.needs("training_lowers_the_loss")  # made-up losses are worth nothing without a training
def test_training_returns_losses(train, run_seed, homework, picture):
    """train_classifier returns one loss for each epoch."""
    hint = "Return history.history['loss'], or a list of your own: one float for each epoch."
    returned = train(run_seed("training", 0)).returned
    losses = expect_numbers("the losses", returned, homework.parameters["epochs"], hint=hint)
    chart = curves({"training loss": losses}, title="Classifier", x_label="epoch", y_label="loss")
    picture("losses", chart, "The mean loss of every epoch.")


@pytest.mark.points(1)
def test_add_noise_example(submission, dataset):
    """add_noise returns noisy images with values from 0 to 1, and the images themselves without noise."""
    images = dataset.train.images[:3]
    script = submission.module("autoencoder").script()
    steps = [script.call("add_noise", images, factor, 7) for factor in (0.0, 0.5)]
    plain, noisy = (as_array("what add_noise returns", step.value, images.shape) for step in steps)
    expect_array("add_noise(images, 0.0, 7)", plain, images, reveal=True)
    if noisy.min() < 0 or noisy.max() > 1:
        raise CheckFailed(
            f"Expected values from 0 to 1. Received: from {noisy.min():.2f} to {noisy.max():.2f}.",
            "Set what is below 0 to 0, and what is above 1 to 1.",
        )
    if np.abs(noisy - images).mean() < 0.01:
        raise CheckFailed(
            "Expected noisy images for a noise_factor of 0.5. Received: hardly any difference to the images.",
            "Every value gets a number of its own, a black one and a white one too.",
        )
    if changes_what_it_is_given(submission, images):
        raise CheckFailed(
            "Expected the given images to stay as they are. Received: images that add_noise changed.",
            "images + noise makes a new array; images += noise changes the given one.",
        )


def changes_what_it_is_given(submission, images):
    """Return whether add_noise writes to its argument, such as to what it returned before."""
    script = submission.module("autoencoder").script()
    kept = script.call("add_noise", images, 0.0, 7)
    script.call("add_noise", kept, 0.5, 7)
    try:
        return not np.array_equal(script.call("add_noise", kept, 0.0, 7).value, images)
    except StudentFault:
        return False  # it may return what it does not take, such as tensors


@pytest.mark.points(2)
def test_autoencoder_parts(halves, homework):
    """build_autoencoder returns an encoder, a decoder and the whole, with the handout's shapes."""
    halves(0).expect_shapes((28, 28, 1), homework.parameters["latent_size"])


@pytest.mark.points(2)
@pytest.mark.needs("autoencoder_parts")
@pytest.mark.calibrated(runs=3, slack=0.08, seeds="reconstruction")
def test_autoencoder_training_lowers_the_error(reconstruct, dataset, calibrated, picture):
    """After train_autoencoder the decoder draws training images from their codes."""
    images = dataset.train.images[:500]
    mean = squared_error(images, images.mean(axis=0, keepdims=True))

    def measure(seed):
        trained = reconstruct(seed)
        trained.expect_changed()
        drawn = trained.draw(images)
        rows = {"image": images[:12], "drawn again": drawn[:12]}
        picture(
            "reconstructions",
            image_rows(rows),
            "Below each training image: what the decoder makes of its code.",
        )
        return squared_error(images, drawn) / mean

    calibrated.at_most(
        "squared error on training images, where drawing the mean image has 1",
        measure,
        hint="Do the halves share their weights with the network that is trained? Does the loss fall?",
    )


@pytest.mark.points(1)
@pytest.mark.needs("autoencoder_training_lowers_the_error")
def test_autoencoder_training_returns_losses(reconstruct, run_seed, homework, picture):
    """train_autoencoder returns one loss for each epoch, and they fall."""
    returned = reconstruct(run_seed("reconstruction", 0)).losses.value
    hint = "Return history.history['loss'], or a list of your own: one float for each epoch."
    losses = expect_numbers("the losses", returned, homework.parameters["autoencoder_epochs"], hint=hint)
    chart = curves({"training loss": losses}, title="Autoencoder", x_label="epoch", y_label="loss")
    picture("losses", chart, "The loss of every epoch.")
    if losses[-1] >= losses[0]:
        raise CheckFailed(
            f"Expected losses that fall. Received: {losses[0]:.4f} first, {losses[-1]:.4f} last.",
            "The mean loss of each epoch, the first epoch first.",
        )
