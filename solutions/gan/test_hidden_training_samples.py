"""The hidden checks of the GAN homework: how good the images are that a trained generator makes.

One training is judged by six figures, since no single one tells all failures apart: see docs/gan-figures.md.
"""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from autograder.checks import as_array
from autograder.checks.generative import load_judge, sample_figures, squared_distances
from autograder.pictures import curves, image_grid, image_rows

pytestmark = [
    pytest.mark.visibility("hidden"),
    # What cannot learn eight points in a plane would only use up processor time here.
    pytest.mark.needs("generator_makes_images", "discriminator_gives_logits", "training_learns_the_ring"),
]

SAMPLES = 450  # some figures depend on how many there are
SHOWN = 12
MEASURED = {}  # seed → figures; this module is imported anew for each submission


@pytest.fixture
def judge(dataset):
    """The judge of this data set."""
    return load_judge(Path(__file__).parent, dataset)


@pytest.fixture
def image_training(train, dataset, homework):
    """A function from a seed to the training of the submission's own networks on the images."""
    sizes = homework.parameters
    data = 2 * dataset.train.images - 1
    return lambda seed: train(
        lambda script: (
            script.call("build_generator", latent_dim=sizes["latent_dim"]),
            script.call("build_discriminator"),
        ),
        data,
        steps=sizes["image_steps"],
        batch_size=sizes["image_batch"],
        seed=seed,
    )


@pytest.fixture
def figures(image_training, standard_noise, judge, submission, reference, dataset, homework, metric):
    """A function from a seed to the figures of that training's samples."""
    held_out = dataset.test.images[:SAMPLES]

    def measure(seed):
        if seed not in MEASURED:
            noise = standard_noise(SAMPLES, homework.parameters["latent_dim"])
            samples = images_of(image_training(seed).generator, noise)
            seen, real = judge.look(samples, submission), judge.look(held_out, reference)
            MEASURED[seed] = sample_figures(samples, seen, held_out, real, dataset.train.images)
        for name, value in asdict(MEASURED[seed]).items():
            metric(name, value)
        return MEASURED[seed]

    return measure


def images_of(generator, noise):
    """Return what a generator makes of noise, from 0 for paper to 1 for ink."""
    images = as_array("what the generator makes", generator.evaluate(noise).outputs, (len(noise), 28, 28, 1))
    return np.clip((images + 1) / 2, 0, 1)


def show(training, noise, dataset, picture):
    """Attach what people look at: samples, their nearest training images, and lines through the noise."""
    samples = images_of(training.generator, noise[: 5 * SHOWN])
    picture("samples", image_grid(samples, SHOWN, scale=2), "What the generator makes after training.")
    nearest = nearest_of(samples[:SHOWN], dataset.train.images)
    rows = {"generated": samples[:SHOWN], "nearest in training": nearest}
    picture("nearest", image_rows(rows, scale=2), "Is it new? Below each, the most similar training image.")
    ends = np.linspace(0, 1, SHOWN)[:, np.newaxis]
    strips = {
        f"line {row + 1}": images_of(training.generator, ((1 - ends) * a + ends * b).astype("float32"))
        for row, (a, b) in enumerate(noise[: 2 * 3].reshape(3, 2, -1))
    }
    picture("interpolation", image_rows(strips, scale=2), "Straight lines through the noise.")


def nearest_of(samples, training):
    """Return the most similar training image of each sample."""
    flat = [each.reshape(len(each), -1) for each in (samples, training)]
    return training[squared_distances(*flat).argmin(axis=1)]


def show_training(training, noise, steps, picture):
    """Attach samples against steps, and the losses."""
    done = np.cumsum([0, *steps])
    rows = {
        f"{count} steps": images_of(generator.value, noise[:SHOWN])
        for count, generator in zip(done, training.generators, strict=True)
    }
    picture("steps", image_rows(rows, scale=2), "The same noise before, during and after the training.")
    if losses := training.curves():
        chart = curves(losses, title="Losses", x_label="step", y_label="loss")
        picture("losses", chart, "Neither falls to 0: each network makes the other's task harder.")


@pytest.mark.points(2)
@pytest.mark.calibrated(runs=3, slack=1.0, seeds="images")
def test_samples_look_like_digits(
    figures, image_training, calibrated, standard_noise, dataset, homework, picture
):
    """The generator's samples look like digits to a classifier."""
    sizes = homework.parameters

    def measure(seed):
        distance = figures(seed).distance
        noise = standard_noise(SAMPLES, sizes["latent_dim"])
        show(image_training(seed), noise, dataset, picture)
        show_training(image_training(seed), noise, sizes["image_steps"], picture)
        return distance

    calibrated.at_most(
        "the Fréchet distance between samples and real digits, in a classifier's features",
        measure,
        hint="Look at the samples. Noise: does each loss get smaller when its network gets better, and do "
        "data and generator have the same range, -1 to 1?",
    )


@pytest.mark.points(2)
@pytest.mark.calibrated(runs=3, slack=0.2, seeds="images")
def test_samples_are_varied(figures, calibrated):
    """The generator's samples are as varied as digits that people write."""
    calibrated.at_least(
        "recall (share of real digits that lie among the samples)",
        lambda seed: figures(seed).recall,
        hint="A generator may find few images that the discriminator does not mind. Is the noise new in each "
        "step, and are batches drawn from all the data?",
    )


@pytest.mark.points(1)
@pytest.mark.calibrated(runs=3, slack=0.4, seeds="images")
def test_samples_show_all_digits(figures, calibrated):
    """All ten digits are among the generator's samples."""
    calibrated.at_least(
        "the effective number of different digits",
        lambda seed: figures(seed).classes,
        hint="Are batches drawn from all the data, in another order each time?",
    )


@pytest.mark.points(1)
@pytest.mark.calibrated(runs=3, slack=0.22, seeds="images")
def test_samples_are_new(figures, calibrated):
    """The generator's samples are no copies of training images."""
    calibrated.at_least(
        "the distance to the nearest training image, wherever it lies (1 is that of new digits)",
        lambda seed: figures(seed).novelty,
        hint="The images have to come from the training against the discriminator.",
    )


@pytest.mark.points(1)
@pytest.mark.calibrated(runs=3, slack=1.4, seeds="images")
def test_samples_are_sharp(figures, calibrated):
    """The generator's samples are not blurred."""
    calibrated.at_least(
        "fine detail (0 is that of real digits, -1 is half, +1 double of it)",
        lambda seed: figures(seed).detail,
        hint="Blurred images are averages of many. The loss has to come from the discriminator alone.",
    )


@pytest.mark.points(1)
@pytest.mark.calibrated(runs=3, slack=0.5, seeds="images")
def test_samples_are_clean(figures, calibrated):
    """The generator's samples have clean strokes, without the noise of a training that still goes on."""
    calibrated.at_most(
        "fine detail (0 is that of real digits, -1 is half, +1 double of it)",
        lambda seed: figures(seed).detail,
        hint="Does train_gan leave the averaged weights in the generator, and show batch normalization some "
        "batches afterwards?",
    )
