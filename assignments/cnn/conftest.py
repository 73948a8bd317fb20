"""What several checks of the CNN homework use: the same jobs, so each runs once."""

import numpy as np
import pytest

from autograder.checks import Build, Call


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
    """From a seed to what the trained classifier gives for 500 training images and all unseen ones."""
    images = np.concatenate([dataset.train.images[:500], dataset.test.images])

    def run(seed):
        found = train(seed).model.evaluate(images).outputs
        return found[:500], found[500:]

    return run
