"""The hidden checks of the GAN homework: losses, samples and steps, exactly, without training."""

import numpy as np
import pytest

from autograder.checks import Call, CheckFailed, as_array, expect_array, expect_number
from autograder.checks.networks import layer, network

pytestmark = pytest.mark.visibility("hidden")

STABLE = (
    "For large logits σ is exactly 0 or 1, and its logarithm infinite. Which function of TensorFlow or "
    "Keras takes logits themselves?"
)
MEAN, VARIANCE, EPSILON = np.array([1.0, -2.0, 0.5]), np.array([4.0, 0.25, 1.0]), 1e-3


# ------------------------------------------------------------------------------------------------ losses


def softplus(x):
    """Return log(1 + exp(x)) without overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def logits(rng, count, scale):
    """Draw logits (count, 1)."""
    return (scale * rng.normal(size=(count, 1))).astype("float32")


def expect_loss(what, received, expected, mistakes, hint):
    """Expect one number, and name a known mistake."""
    wrong = {words: np.asarray(value) for words, value in mistakes.items()}
    number = np.asarray(expect_number(what, received, hint=hint))
    expect_array(what, number, np.asarray(expected), mistakes=wrong, hint=hint)


@pytest.mark.points(2)
def test_discriminator_loss_values(submission, rng):
    """discriminator_loss is the sum of two cross-entropies, also for large logits and unequal batches."""
    sizes = [(8, 8, 1), (1, 5, 2), (6, 6, 1000)]
    cases = [(logits(rng, real, scale), logits(rng, fake, scale)) for real, fake, scale in sizes]
    losses = submission.calls("discriminator_loss", [Call(case) for case in cases])
    for (real, fake), (*_, scale), received in zip(cases, sizes, losses, strict=True):
        r, f = real.astype(float), fake.astype(float)
        expected = softplus(-r).mean() + softplus(f).mean()
        mistakes = {
            "the mean of the two cross-entropies in place of their sum": expected / 2,
            "what comes with the labels swapped": softplus(r).mean() + softplus(-f).mean(),
            "the cross-entropy of the real images only": softplus(-r).mean(),
            "the cross-entropy of the generated images only": softplus(f).mean(),
            "what comes when generated images are to be taken for real": softplus(-r).mean()
            + softplus(-f).mean(),
            "the negative of the loss": -expected,
            "the sum over the batch in place of the mean": softplus(-r).sum() + softplus(f).sum(),
            "what comes when the logits are taken for probabilities after another sigmoid": softplus(
                -1 / (1 + np.exp(-np.clip(r, -50, 50)))
            ).mean()
            + softplus(1 / (1 + np.exp(-np.clip(f, -50, 50)))).mean(),
        }
        where = f"discriminator_loss for {len(real)} and {len(fake)} logits of size {scale}"
        expect_loss(where, received, expected, mistakes, STABLE if scale > 100 else "")


@pytest.mark.points(2)
def test_generator_loss_values(submission, rng):
    """generator_loss is small when generated images are taken for real, also for large logits."""
    cases = [logits(rng, count, scale) for count, scale in [(8, 1), (1, 2), (6, 1000)]]
    losses = submission.calls("generator_loss", [Call((case,)) for case in cases])
    for fake, received in zip(cases, losses, strict=True):
        f = fake.astype(float)
        mistakes = {
            "what comes with the label 0: small when the images are found out": softplus(f).mean(),
            "the negative of the discriminator's loss, log(1 - σ(fake)), which has next to no gradient when "
            "the discriminator is sure": -softplus(f).mean(),
            "the sum over the batch in place of the mean": softplus(-f).sum(),
            "what comes when the logits are taken for probabilities after another sigmoid": softplus(
                -1 / (1 + np.exp(-np.clip(f, -50, 50)))
            ).mean(),
        }
        where = f"generator_loss for {len(fake)} logits of size {np.abs(f).max():.0f}"
        expect_loss(where, received, softplus(-f).mean(), mistakes, STABLE if np.abs(f).max() > 100 else "")


# --------------------------------------------------------------------------------- samples of a generator


def identity(script, size):
    """Make a generator that returns its noise."""
    described = network("generator", (size,), layer("Dense", "same", units=size))
    return script.make(described, [np.eye(size, dtype="float32"), np.zeros(size, "float32")])


def normalizing(script):
    """Make a generator of batch normalization alone, with known statistics, and a tanh."""
    described = network(
        "generator",
        (3,),
        layer("BatchNormalization", "normal", epsilon=EPSILON),
        layer("Activation", "bounded", activation="tanh"),
    )
    ones = np.ones(3, "float32")
    return script.make(described, [ones, 0 * ones, MEAN.astype("float32"), VARIANCE.astype("float32")])


def outside_training(noise):
    """Return what `normalizing` makes of noise outside training mode."""
    return np.tanh((noise - MEAN) / np.sqrt(VARIANCE + EPSILON))


def in_training(noise):
    """Return what it makes in training mode: with the statistics of this batch."""
    return np.tanh((noise - noise.mean(axis=0)) / np.sqrt(noise.var(axis=0) + EPSILON))


@pytest.mark.points(1)
def test_sample_draws_noise(submission):
    """Samples are made of independent standard normal noise, the same ones for the same seed only."""
    script = submission.script()
    generator = identity(script, 16)
    first, again, other = (script.call("sample", generator, 500, seed) for seed in (7, 7, 8))
    what = "sample with a generator that returns its noise"
    noise, same, others = (as_array(what, step.value, (500, 16)) for step in (first, again, other))
    if not np.array_equal(noise, same):
        raise CheckFailed(
            "Expected sample to make the same images for the same seed. Received: others.",
            "Draw the noise from a generator of random numbers that starts with the seed.",
        )
    if np.array_equal(noise, others):
        raise CheckFailed("Expected sample to make other images for another seed. Received: the same ones.")
    if len(np.unique(noise, axis=0)) < 500:
        raise CheckFailed("Expected noise of its own for each image. Received: the same for several.")
    # Mean and deviation of 8,000 numbers: 0.06 and 0.05 are more than five standard errors of each.
    if abs(noise.mean()) > 0.06 or abs(noise.std() - 1) > 0.05:
        raise CheckFailed(
            "Expected standard normal noise: mean 0, standard deviation 1. "
            f"Received: {noise.mean():.2f} and {noise.std():.2f}."
        )
    if np.abs(noise).max() < 2:
        raise CheckFailed("Expected normal noise. Received: none of 8,000 numbers beyond 2; is it uniform?")


@pytest.mark.points(1)
@pytest.mark.needs("sample_draws_noise")
def test_sample_outside_training_mode(submission):
    """Samples do not depend on those beside them: the generator is not in training mode."""
    script = submission.script()
    noise, images = (
        script.call("sample", generator, 6, 3) for generator in (identity(script, 3), normalizing(script))
    )
    drawn = as_array("sample with a generator that returns its noise", noise.value, (6, 3)).astype(float)
    expected = outside_training(drawn)
    mistakes = {"what comes in training mode": in_training(drawn)}
    expect_array("sample with batch normalization", images.value, expected, mistakes=mistakes, relative=1e-3)


@pytest.mark.points(2)
def test_interpolation_is_a_line(submission, rng):
    """The way from start to end is a straight line through the noise, both ends included."""
    script = submission.script()
    generator = normalizing(script)
    start, end = rng.normal(size=(2, 3)).astype("float32")
    cases = [(count, script.call("interpolate", generator, start, end, count)) for count in (5, 2, 9)]
    for count, step in cases:
        way = np.linspace(0, 1, count)[:, np.newaxis]
        inner = np.linspace(0, 1, count + 2)[1:-1, np.newaxis]
        half_open = np.linspace(0, 1, count, endpoint=False)[:, np.newaxis]
        noise = start + way * (end - start)
        mistakes = {
            "the way from end to start": outside_training(noise[::-1]),
            "a way that leaves out both ends": outside_training(start + inner * (end - start)),
            "a way that leaves out its end": outside_training(start + half_open * (end - start)),
            "a mixture of the two images: the straight line has to be in the noise": outside_training(start)
            * (1 - way)
            + outside_training(end) * way,
            "what comes in training mode": in_training(noise),
            "a way along a sphere": outside_training(along_a_sphere(start, end, way)),
        }
        where = f"interpolate for {count} images"
        expect_array(where, step.value, outside_training(noise), mistakes=mistakes, relative=1e-3)


def along_a_sphere(start, end, way):
    """Interpolate the directions of two vectors at constant speed."""
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    return (np.sin((1 - way) * angle) * start + np.sin(way * angle) * end) / np.sin(angle)
