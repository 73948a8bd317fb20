"""What several checks of the CNN homework use: the same jobs, so each runs once."""

from dataclasses import dataclass

import numpy as np
import pytest

from autograder.checks import Build, Call, Step, TrainedModel, as_array, expect_value

RECONSTRUCTIONS = {}  # seed → training; this module is imported anew for each submission


@dataclass(frozen=True)
class Halves:
    """An autoencoder's three networks; ``.value`` of each is the network.

    Attributes:
        encoder: from images to codes.
        decoder: from codes to images.
        whole: the two in a row.
    """

    encoder: Step
    decoder: Step
    whole: Step

    def draw(self, images):
        """Return what the decoder draws from the encoder's codes."""
        codes = self.encoder.value.evaluate(images).outputs
        return as_array("what the decoder draws", self.decoder.value.evaluate(codes).outputs, images.shape)

    def expect_shapes(self, image, size):
        """Expect the three to take and give images of this shape, and codes of so many numbers."""
        hint = (
            "Return encoder, decoder and autoencoder, in this order. A code is a row of numbers; "
            "Reshape(input_shape) makes an image of a row."
        )
        kinds = {
            "encoder": (self.encoder, image, (size,)),
            "decoder": (self.decoder, (size,), image),
            "autoencoder": (self.whole, image, image),
        }
        for name, (step, taken, given) in kinds.items():
            network = step.value
            received = network.config.input_shape
            expect_value(f"the input shape of the {name}", received, (None, *taken), reveal=True, hint=hint)
            shape = network.evaluate(np.zeros((2, *taken), dtype="float32")).outputs.shape[1:]
            expect_value(f"the output shape of the {name}", shape, given, reveal=True, hint=hint)


@dataclass(frozen=True)
class TrainedHalves(Halves):
    """The three networks after a training, and what it returned.

    Attributes:
        built: the whole before the training.
        losses: what the training returned.
    """

    built: Step
    losses: Step

    def expect_changed(self):
        """Expect the training to have changed the weights."""
        TrainedModel(self.whole.value, self.losses, self.built).expect_changed()


@pytest.fixture
def images(dataset):
    """Eight digits to send through the network."""
    return dataset.train.images[:8]


@pytest.fixture
def built(submission, images):
    """The classifier with its default sizes and with others, and the feature maps of the first."""
    default = Build(then={"feature_maps": Call((images,))})
    return submission.build(
        "build_classifier", [default, Build({"input_shape": (20, 24, 3), "num_classes": 5})]
    )


@pytest.fixture
def classifier(built):
    """The classifier with its default sizes."""
    return built[0]


@pytest.fixture
def evaluation(classifier, images):
    """What the classifier computes, layer by layer."""
    return classifier.model.evaluate(images, layers=True)


@pytest.fixture
def renamed(run_seed):
    """A new number for each class, others for every student: a network trained elsewhere knows the old."""
    return np.random.default_rng(run_seed("classes", 0)).permutation(10).astype("int32")


@pytest.fixture
def train(submission, dataset, homework, renamed):
    """A function from a seed to the classifier after training, with the handout's numbers."""

    def run(seed):
        return submission.train(
            "build_classifier",
            "train_classifier",
            dataset.train.images,
            renamed[dataset.train.labels],
            epochs=homework.parameters["epochs"],
            batch_size=homework.parameters["batch_size"],
            seed=seed,
        )

    return run


@pytest.fixture
def outputs(train, dataset):
    """From a seed to what the trained classifier gives for 500 training images and all unseen ones.

    It expects the training to have changed the classifier.
    """
    images = np.concatenate([dataset.train.images[:500], dataset.test.images])

    def run(seed):
        trained = train(seed)
        trained.expect_changed()
        found = trained.model.evaluate(images).outputs
        found = as_array("what the trained network gives", found, (len(images), 10))
        return found[:500], found[500:]

    return run


@pytest.fixture
def halves(submission):
    """A function from 0 or 1 to an autoencoder as it is built: with the default sizes, or with others."""

    def build(number):
        script = submission.module("autoencoder").script()
        sizes = ({}, {"input_shape": (12, 20, 3), "latent_size": 5})[number]
        return Halves(*map(script.export, script.items(script.call("build_autoencoder", **sizes), 3)))

    return build


@pytest.fixture
def train_autoencoder(submission, homework):
    """A function from a seed, inputs and targets to an autoencoder after training."""
    sizes = homework.parameters

    def run(seed, inputs, targets):
        script = submission.module("autoencoder").script(seed=seed, training=True)
        encoder, decoder, whole = script.items(
            script.call("build_autoencoder", latent_size=sizes["latent_size"]), 3
        )
        built = script.export(whole)
        settings = {"epochs": sizes["autoencoder_epochs"], "batch_size": sizes["autoencoder_batch_size"]}
        losses = script.call("train_autoencoder", whole, inputs, targets, **settings, seed=seed)
        halves = script.export(encoder), script.export(decoder), script.export(whole)
        return TrainedHalves(*halves, built, losses)

    return run


@pytest.fixture
def reconstruct(train_autoencoder, dataset):
    """A function from a seed to an autoencoder that was trained to draw what it is shown."""
    images = dataset.train.images

    def run(seed):
        if seed not in RECONSTRUCTIONS:
            RECONSTRUCTIONS[seed] = train_autoencoder(seed, images, images)
        return RECONSTRUCTIONS[seed]

    return run
