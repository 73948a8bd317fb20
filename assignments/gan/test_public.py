"""The public checks of the GAN homework: run them with ``pytest`` or ``autograder check gan``."""

import numpy as np
import pytest

from autograder.checks import (
    Build,
    CheckFailed,
    StudentFault,
    as_array,
    expect_array,
    expect_number,
    expect_numbers,
    expect_value,
    expect_weights,
)
from autograder.checks.generative import ring_figures
from autograder.pictures import scatter

KERAS_3 = (
    "In Keras 3, `trainable = False` holds at once and in every model that contains the network, compiled "
    "before or not. With a gradient tape nothing has to be frozen: ask for the gradient of one network's "
    "weights."
)

ANY_NETWORK = (
    "The networks here are small ones: points of four numbers, made of three numbers of noise. The size of "
    "the noise is generator.input_shape[-1], and data may have any shape."
)


@pytest.fixture
def generators(submission):
    """Generators of the default and of another size."""
    other = {"latent_dim": 7, "image_shape": (16, 12, 3)}
    return submission.build("build_generator", [Build(), Build(other)])


@pytest.fixture
def discriminators(submission):
    """Discriminators of the default and of another size."""
    return submission.build("build_discriminator", [Build(), Build({"image_shape": (16, 12, 3)})])


@pytest.mark.points(2)
def test_generator_makes_images(generators):
    """build_generator makes images of the stated shape, from -1 to 1, of noise of the stated size."""
    for built, latent_dim, shape in zip(generators, (100, 7), ((28, 28, 1), (16, 12, 3)), strict=True):
        model = built.model
        where = f"build_generator(latent_dim={latent_dim}, image_shape={shape})"
        expect_value(f"the input shape of {where}", model.config.input_shape, (None, latent_dim), reveal=True)
        noise = np.random.default_rng(0).standard_normal((6, latent_dim)).astype("float32")
        images = model.evaluate(noise).outputs
        if images.shape[1:] != shape:
            raise CheckFailed(
                f"Expected images of shape {shape} from {where}. Received: {images.shape[1:]}.",
                "A Dense layer with height · width · channels units, then Reshape(image_shape).",
            )
        if np.array_equal(images[0], images[1]):
            raise CheckFailed("Expected other images for other noise. Received: the same one.")
        expect_tanh(model, noise)


def expect_tanh(model, noise):
    """Expect outputs from -1 to 1 that use both sides: with large weights they come close to either end."""
    images = large(model).evaluate(noise).outputs
    received = f"Received, with large weights: {images.min():.3g} to {images.max():.3g}."
    if images.min() < -1.001 or images.max() > 1.001:
        raise CheckFailed(
            f"Expected images between -1 and 1, whatever the weights are. {received}",
            "Which activation keeps numbers between -1 and 1?",
        )
    if images.min() > -0.5 or images.max() < 0.5:
        raise CheckFailed(
            f"Expected images that can be anything between -1 and 1. {received}",
            "The data lie between -1 and 1. A sigmoid or ReLU can only make one half of that.",
        )


def large(model):
    """Return the network with much larger kernels, so that whatever is bounded comes to its bounds."""
    return model.with_weights([30 * weight if weight.ndim > 1 else weight for weight in model.weights])


@pytest.mark.points(2)
def test_discriminator_gives_logits(discriminators):
    """build_discriminator gives one logit for each image: any number, not a probability."""
    for built, shape in zip(discriminators, ((28, 28, 1), (16, 12, 3)), strict=True):
        model = built.model
        where = f"build_discriminator(image_shape={shape})"
        expect_value(f"the input shape of {where}", model.config.input_shape, (None, *shape), reveal=True)
        images = np.random.default_rng(0).uniform(-1, 1, size=(6, *shape)).astype("float32")
        logits = model.evaluate(images).outputs
        if logits.shape != (6, 1):
            raise CheckFailed(f"Expected logits of shape (6, 1) from {where}. Received: {logits.shape}.")
        logits = np.concatenate([each.evaluate(images).outputs for each in both_signs(large(model))])
        if logits.min() >= -1.001 or logits.max() <= 1.001:
            raise CheckFailed(
                f"Expected {where} to end with a logit, which can be any number. Received, with large "
                f"weights of both signs: none {'below -1' if logits.min() >= -1.001 else 'above 1'}.",
                "The losses contain the sigmoid. One at the network's end as well, or another activation, "
                "takes a part of the gradient away: give the last Dense layer no activation.",
            )


def both_signs(model):
    """Return the network twice, the second time with the sign of its last kernel changed."""
    last = max(place for place, weight in enumerate(model.weights) if weight.ndim > 1)
    turned = [-weight if place == last else weight for place, weight in enumerate(model.weights)]
    return model, model.with_weights(turned)


@pytest.mark.points(1)
def test_losses_example(submission):
    """The two losses are right for a few logits, where you can follow every number."""
    real, fake = np.array([[2.0], [0.0]], "float32"), np.array([[-1.0], [2.0]], "float32")
    hint = "-log σ(2) = 0.1269, -log σ(0) = 0.6931, -log(1 - σ(-1)) = 0.3133 and -log(1 - σ(2)) = 2.1269."
    received = submission.call("discriminator_loss", real, fake)
    swapped = (2.126928 + 0.693147 + 1.313262 + 0.126928) / 2
    expect_loss("discriminator_loss", received, 1.630132, hint, swapped)
    hint = "-log σ(-1) = 1.3133 and -log σ(2) = 0.1269: small when the images are taken for real."
    expect_loss("generator_loss", submission.call("generator_loss", fake), 0.720095, hint, 1.220095)


def expect_loss(function, received, expected, hint, swapped):
    """Expect a loss to be one number with this value; ``swapped`` is what comes with the labels swapped."""
    number = expect_number(function, received, hint="The mean over the batch is one number.")
    mistakes = {"what comes with the labels swapped": np.asarray(swapped)}
    expect_array(
        function, np.asarray(number), np.asarray(expected), hint=hint, reveal=True, mistakes=mistakes
    )


@pytest.mark.points(2)
def test_steps_change_one_network(submission, small):
    """A step changes the weights of its own network, and not those of the other."""
    rng = np.random.default_rng(0)
    real, noise = small.real(rng), small.noise(rng)
    script = submission.script()
    networks = {
        "generator": script.make(small.generator),
        "discriminator": script.make(small.discriminator),
    }
    optimizers = {name: script.make(small.optimizer) for name in networks}
    states = [{name: script.export(each) for name, each in networks.items()}]
    functions = ["discriminator_step", "generator_step", "discriminator_step"]
    for function in functions:
        own = function.removesuffix("_step")
        batches = [real, noise] if own == "discriminator" else [noise]
        script.call(function, *networks.values(), optimizers[own], *batches)
        states.append({name: script.export(each) for name, each in networks.items()})
    for turn, function in enumerate(functions):
        hint = KERAS_3 if turn == 2 else ""  # what fails only after a generator_step was frozen by it
        for name in networks:
            before, after = (weights_of(states[turn + later][name], hint) for later in (0, 1))
            after = expect_weights(f"the {name} after {function}", after, before)
            changed = any(not np.array_equal(*pair) for pair in zip(before, after, strict=True))
            own = name == function.removesuffix("_step")
            again = " after a generator_step" if turn == 2 else ""
            if own and not changed:
                raise CheckFailed(
                    f"Expected {function}{again} to change the {name}'s weights. Received: the same weights.",
                    KERAS_3,
                )
            if changed and not own:
                raise CheckFailed(
                    f"Expected {function} to leave the {name}'s weights as they are. Received: others.",
                    "Apply gradients to the weights of one network only.",
                )


def weights_of(exported, hint):
    """Return a network's weights, with a hint where student code raised an exception before that."""
    try:
        return exported.value.weights
    except StudentFault as fault:
        if fault.status == "error":
            fault.hint = fault.hint or hint
        raise


@pytest.mark.points(2)
def test_training_changes_both_networks(small_training):
    """train_gan changes the weights of both networks."""
    for name, (before, after) in {
        "generator": small_training.generators,
        "discriminator": small_training.discriminators,
    }.items():
        if all(map(np.array_equal, *(weights_of(each, ANY_NETWORK) for each in (before, after)))):
            raise CheckFailed(
                f"Expected train_gan to change the {name}'s weights. Received: the same weights after 30 "
                f"steps.",
                KERAS_3 if name == "discriminator" else "Does generator_step get the generator itself?",
            )


@pytest.mark.points(1)
@pytest.mark.needs("training_changes_both_networks")
def test_training_returns_losses(small_training):
    """train_gan returns the discriminator's and the generator's loss of every step."""
    for name, returned in small_training.returned(0).items():
        losses = expect_numbers(f"the {name}'s losses", returned, 30)
        if np.ptp(losses) == 0:
            raise CheckFailed(f"Expected the {name}'s losses to vary. Received: {losses[0]:.3g} 30 times.")


@pytest.mark.points(1)
@pytest.mark.needs("training_changes_both_networks")
def test_training_follows_from_its_seed(train_small, run_seed):
    """The same seed gives the same training, whatever was random before, and another seed another one."""
    seed = run_seed("small", 0)
    first, again, other = (
        train_small(process, training).discriminators[1].value.weights
        for process, training in ((seed, seed), (seed + 1, seed), (seed, seed + 1))
    )
    if not all(np.allclose(*pair, rtol=1e-4, atol=1e-5) for pair in zip(first, again, strict=True)):
        raise CheckFailed(
            "Expected train_gan to give the same weights for the same seed. Received: others.",
            "keras.utils.set_random_seed(seed) at its start is enough for TensorFlow, NumPy and Keras.",
        )
    if all(np.allclose(*pair, rtol=1e-4, atol=1e-5) for pair in zip(first, other, strict=True)):
        raise CheckFailed("Expected another training for another seed. Received: the same weights.")


@pytest.mark.points(1)
@pytest.mark.needs("training_changes_both_networks")
def test_training_goes_on_when_called_again(train_small, run_seed):
    """A second call of train_gan goes on with the networks as they are."""
    seed = run_seed("small", 0)
    before, trained, after = (
        np.concatenate([weight.ravel() for weight in state.value.weights])
        for state in train_small(seed, seed, steps=(300, 1)).discriminators
    )
    # One step after three hundred: a tenth of the way would be much, and a fresh start goes all of it back.
    if np.linalg.norm(after - trained) > 0.5 * np.linalg.norm(trained - before):
        raise CheckFailed(
            "Expected one more step to change the discriminator's weights a little. Received: a change "
            "nearly as large as that of the 300 steps before.",
            "train_gan must not give the networks new weights when it starts.",
        )


@pytest.mark.points(2)
@pytest.mark.needs("training_changes_both_networks")
@pytest.mark.calibrated(runs=3, slack=2.0)
def test_training_learns_the_ring(
    ring_training, ring_points, ring, standard_noise, calibrated, homework, metric, picture
):
    """Two small networks learn the ring of eight normal distributions, all of it."""
    sizes = homework.parameters

    def measure(seed):
        noise = standard_noise(2000, sizes["ring_latent_dim"])
        outputs = ring_training(seed).generator.evaluate(noise).outputs
        points = as_array("what the generator makes", outputs, (len(noise), 2))
        groups = {"data": ring_points(seed)[:1000], "generated": points[:1000]}
        picture(
            "ring", scatter(groups, title="The ring and what the generator makes"), "Eight places to find."
        )
        figures = ring_figures(points, ring, sizes["ring_deviation"])
        metric("good_share", figures.good)
        metric("modes", figures.modes)
        return figures.good * figures.effective_modes

    calibrated.at_least(
        "distributions covered (share of samples within 4 sd of a centre x effective number of centres)",
        measure,
        hint="Draw what the generator makes in the notebook. All points in one place: it found one answer "
        "that the discriminator does not mind, and the discriminator has to keep up. Points nowhere near: "
        "does each loss get smaller when its network gets better? A cloud between the centres: train_gan has "
        "to leave the averaged weights, and average over the last thousand steps or so. A few spots: is the "
        "noise drawn by TensorFlow in each step? NumPy draws once inside a tf.function.",
    )
