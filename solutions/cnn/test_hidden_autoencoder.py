"""The hidden checks of the CNN homework's autoencoders."""

import numpy as np
import pytest

from autograder.checks import Call, CheckFailed, as_array, expect_weights
from autograder.checks.images import linear_code, signal_to_noise, squared_error
from autograder.pictures import image_rows

pytestmark = pytest.mark.visibility("hidden")

MANY = (20, 28, 28, 3)
SHOWN = 12


@pytest.fixture
def noisy(homework, run_seed):
    """A function from images, a seed and a purpose to noisy images, as add_noise has to make them.

    A student's code is told the seed of a training, so the noise follows from a secret one as well.
    """

    def spoil(images, seed, purpose):
        rng = np.random.default_rng([run_seed("noise", 0), seed, purpose])
        noise = homework.parameters["noise_factor"] * rng.standard_normal(images.shape)
        return np.clip(images + noise, 0, 1).astype("float32")

    return spoil


@pytest.fixture
def add_noise(submission):
    """A function from cases to what add_noise makes of each."""

    def run(*cases):
        received = submission.module("autoencoder").calls("add_noise", [Call(case) for case in cases])
        return [
            as_array(f"add_noise(…, {factor}, {seed})", noise, images.shape)
            for (images, factor, seed), noise in zip(cases, received, strict=True)
        ]

    return run


@pytest.fixture
def denoise(train_autoencoder, dataset, noisy):
    """A function from a seed to an autoencoder that was trained to remove noise."""
    images = dataset.train.images
    return lambda seed: train_autoencoder(seed, noisy(images, seed, 0), images)


@pytest.mark.points(1)
@pytest.mark.needs("add_noise_example")
def test_noise_has_the_stated_strength(add_noise):
    """add_noise adds normal noise of the stated standard deviation, another number to every value."""
    factor = 0.08  # so small that nothing is clipped: grey is six deviations away from black and white
    [received] = add_noise((np.full(MANY, 0.5, dtype="float32"), factor, 11))
    noise = (received.astype(np.float64) - 0.5) / factor
    count = noise.size
    # Of a normal sample each is further away than six standard errors once in 500 million times.
    figures = {
        "a mean of 0": (noise.mean(), 0, 1 / count**0.5),
        "a standard deviation of 1": (noise.std(), 1, 1 / (2 * count) ** 0.5),
        "a mean fourth power of 3, as a normal distribution has": (np.mean(noise**4), 3, (96 / count) ** 0.5),
    }
    for axis, name in enumerate(("images", "rows", "columns", "channels")):
        neighbours = np.delete(noise, 0, axis) * np.delete(noise, -1, axis)
        figures[f"no correlation between {name}"] = (neighbours.mean(), 0, 1 / neighbours.size**0.5)
    for words, (value, expected, error) in figures.items():
        if abs(value - expected) > 6 * error:
            raise CheckFailed(
                f"Expected, of the noise divided by noise_factor, {words}. Received: {value:.3f}.",
                "One number of a normal distribution for each value, times noise_factor: which shape has it?",
            )


@pytest.mark.points(1)
@pytest.mark.needs("add_noise_example")
def test_noise_is_clipped(add_noise):
    """add_noise sets what lies outside [0, 1] to the nearer end, and leaves the rest as it is."""
    images = np.zeros((20, 28, 28, 1), dtype="float32")
    images[:, 14:] = 1
    [received] = add_noise((images, 0.5, 3))
    paper, ink = received[images == 0], received[images == 1]
    # Half of the noise on paper is negative, half of that on ink positive.
    for name, values, end in (("paper (0)", paper, 0), ("ink (1)", ink, 1)):
        share = np.mean(values == end)
        if abs(share - 0.5) > 6 * 0.5 / len(values) ** 0.5:
            raise CheckFailed(
                f"Expected half of {name} to stay at {end}. Received: {share:.1%} of it.",
                "Values beyond the ends are set to the ends; the others stay as they are.",
            )
    # Of a normal distribution 15.87 % lie more than one standard deviation above the mean.
    middle = np.mean(paper > 0.5)
    if abs(middle - 0.1587) > 6 * 0.37 / len(paper) ** 0.5:
        raise CheckFailed(
            "Expected noise of the same strength in what is not clipped. Received: another strength.",
            "Clip; do not scale the image to its new smallest and largest value.",
        )


@pytest.mark.points(1)
@pytest.mark.needs("add_noise_example")
def test_noise_follows_its_seed(add_noise, dataset):
    """add_noise gives the same noise for the same seed, and other noise for another."""
    images = dataset.train.images[:4]
    first, other, again = add_noise((images, 0.3, 5), (images, 0.3, 6), (images, 0.3, 5))
    if not np.array_equal(first, again):
        raise CheckFailed(
            "Expected the same noise for the same seed. Received: other noise.",
            "Nothing but the seed may decide: make a source of random numbers of it.",
        )
    if np.array_equal(first, other):
        raise CheckFailed("Expected other noise for another seed. Received: the same.", "Is the seed used?")


@pytest.mark.points(1)
@pytest.mark.needs("autoencoder_parts")
def test_autoencoder_other_sizes(halves):
    """build_autoencoder also works for other images and another size of the code."""
    halves(1).expect_shapes((12, 20, 3), 5)


@pytest.mark.points(1)
@pytest.mark.needs("autoencoder_parts")
def test_decoder_draws_images(halves, homework, rng):
    """The decoder gives values from 0 to 1, whatever the code is."""
    codes = (30 * rng.normal(size=(64, homework.parameters["latent_size"]))).astype("float32")
    drawn = halves(0).decoder.value.evaluate(codes).outputs
    if drawn.min() < -1e-6 or drawn.max() > 1 + 1e-6:
        raise CheckFailed(
            f"Expected values from 0 to 1 for any code. Received: {drawn.min():.2f} to {drawn.max():.2f}.",
            "Which activation of the last layer gives values between 0 and 1?",
        )


@pytest.mark.points(2)
@pytest.mark.needs("autoencoder_parts")
def test_autoencoder_is_both_halves(halves, reconstruct, run_seed, dataset):
    """The autoencoder is the decoder applied to the encoder's codes, before and after its training."""
    images = dataset.test.images[:20]
    hint = (
        "Make the whole of the two halves themselves: then they share weights, and nothing but the code "
        "goes from one to the other."
    )
    for when, found in (("built", halves(0)), ("trained", reconstruct(run_seed("reconstruction", 0)))):
        whole = found.whole.value.evaluate(images).outputs
        whole = as_array("what the autoencoder draws", whole, images.shape)
        if not np.allclose(whole, found.draw(images), atol=1e-3):
            raise CheckFailed(
                f"Expected the autoencoder, once it is {when}, to draw what the decoder makes of the codes. "
                "Received: other images.",
                hint,
            )


@pytest.mark.points(1)
@pytest.mark.needs("autoencoder_parts")
def test_autoencoder_training_follows_from_its_seed(submission, dataset, run_seed):
    """train_autoencoder gives the same network again for the same seed, whatever was random before."""
    images = dataset.train.images[:96]

    def train(before):
        # Built under one seed, since layers with noise of their own draw theirs then; trained after another.
        script = submission.module("autoencoder").script(seed=run_seed("process", 0), training=True)
        *_, whole = script.items(script.call("build_autoencoder"), 3)
        script.reseed(before)
        script.call("train_autoencoder", whole, images, images, epochs=2, batch_size=16, seed=5)
        return script.export(whole).value.weights

    first, second = train(1), train(2)
    expect_weights("the autoencoder", second, first)
    if not all(np.allclose(one, other, atol=1e-5) for one, other in zip(first, second, strict=True)):
        raise CheckFailed(
            "Expected the same weights after two trainings with the same seed. Received: other weights.",
            "Set the seeds first: keras.utils.set_random_seed(seed). Shuffling is random as well.",
        )


@pytest.mark.points(3)
@pytest.mark.needs("autoencoder_parts")
@pytest.mark.calibrated(runs=3, slack=0.2, seeds="reconstruction")
def test_reconstruction_beats_linear_codes(reconstruct, dataset, homework, calibrated, metric):
    """Images that the network never saw are drawn better than any linear code of the same size can."""
    images = dataset.test.images
    linear = linear_code(dataset.train.images, images, homework.parameters["latent_size"])
    best = squared_error(images, linear)

    def measure(seed):
        trained = reconstruct(seed)
        trained.expect_changed()
        error = squared_error(images, trained.draw(images))
        metric("squared error", error)
        return error / best

    calibrated.at_most(
        "squared error on unseen images, where the best linear code has 1",
        measure,
        hint="A layer without an activation is linear. Has each half one that is not, with enough units?",
    )


@pytest.mark.points(3)
@pytest.mark.needs("autoencoder_training_lowers_the_error")  # or a second training is worth nothing
@pytest.mark.calibrated(runs=3, slack=1.0, seeds="denoising")
def test_denoising_removes_noise(denoise, noisy, dataset, calibrated, metric, picture):
    """Trained on noisy images with clean targets, the network removes noise that it never saw."""
    clean = dataset.test.images

    def measure(seed):
        trained, spoilt = denoise(seed), noisy(clean, seed, 1)
        drawn = trained.draw(spoilt)
        show(trained, seed)
        metric("signal to noise", signal_to_noise(drawn, clean))
        return signal_to_noise(drawn, clean) - signal_to_noise(spoilt, clean)

    def show(trained, seed):
        images = dataset.train.images[:SHOWN]
        spoilt = noisy(images, seed, 2)
        rows = image_rows({"noisy": spoilt, "denoised": trained.draw(spoilt), "clean": images})
        picture("denoised", rows, "Training images under new noise, and what the network makes of them.")

    calibrated.at_least(
        "decibels gained on unseen images",
        measure,
        hint="The network has to draw the targets, not its inputs. Is each target used with its own input?",
    )
