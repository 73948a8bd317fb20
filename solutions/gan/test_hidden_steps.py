"""The hidden checks of the GAN homework: what one step does to the weights, exactly."""

from dataclasses import dataclass

import numpy as np
import pytest

from autograder.checks import CheckFailed, expect_number, expect_weights
from autograder.checks.networks import layer

pytestmark = pytest.mark.visibility("hidden")


LATENT, HIDDEN = 3, 5  # of the small generator
# Where mean and variance lie among its weights: behind the first layer, and scale and shift.
STATISTICS = slice(LATENT * HIDDEN + 3 * HIDDEN, LATENT * HIDDEN + 5 * HIDDEN)


@dataclass(frozen=True)
class Taken:
    """What became of two networks in some steps.

    Attributes:
        losses: what each step returned.
        generators: their weights before and after each step.
        discriminators: the same.
    """

    losses: list
    generators: list
    discriminators: list


def take(subject, small, steps, generator=None, discriminator=None, seed=0):
    """Take steps with networks of known weights.

    Args:
        subject: whose functions.
        small: the networks and their optimizer.
        steps: "discriminator_step" or "generator_step" → its batches, in their order.
        generator: another one than the small one.
        discriminator: the same.
        seed: of the weights that both start with.
    """
    rng = np.random.default_rng(seed)
    script = subject.script()
    described = (generator or small.generator, discriminator or small.discriminator)
    networks = [script.make(each, weights_of(each, rng)) for each in described]
    optimizers = {name: script.make(small.optimizer) for name, _ in steps}
    generators, discriminators = ([script.export(each)] for each in networks)
    losses = []
    for name, batches in steps:
        losses.append(script.call(name, *networks, optimizers[name], *batches))
        generators.append(script.export(networks[0]))
        discriminators.append(script.export(networks[1]))
    return Taken(losses, generators, discriminators)


def weights_of(described, rng):
    """Draw weights for a network of dense layers and batch normalization, in Keras's order."""
    inputs, *layers = described["config"]["layers"]
    size = inputs["config"]["batch_shape"][1]
    weights = []
    for each in layers:
        if each["class_name"] == "Dense":
            units = each["config"]["units"]
            weights += [rng.normal(size=(size, units)) / np.sqrt(size), 0.1 * rng.normal(size=units)]
            size = units
        if each["class_name"] == "BatchNormalization":
            weights += [np.ones(size), np.zeros(size), 0.3 * rng.normal(size=size), np.full(size, 2.0)]
    return [weight.astype("float32") for weight in weights]


def moved(states, turn):
    """Return by how much step ``turn`` moved all weights of a network, as one vector."""
    before, after = (states[turn + later].value.weights for later in (0, 1))
    pairs = zip(before, expect_weights("the network after the step", after, before), strict=True)
    return np.concatenate([(new.astype(float) - old).ravel() for old, new in pairs])


def expect_move(what, received, expected):
    """Expect a step to have moved the weights as the reference does, and say how it differs."""
    length = np.linalg.norm(expected)
    if np.linalg.norm(received - expected) < 1e-3 * length:
        return
    if not received.any():
        raise CheckFailed(
            f"Expected {what} to change the weights. Received: the same weights.",
            "Is the network frozen, or are the gradients never applied?",
        )
    cosine = received @ expected / (np.linalg.norm(received) * length)
    ratio = np.linalg.norm(received) / length
    if cosine > 0.9999:
        received_words = f"the right direction, and {ratio:.3g} times the length"
        hint = "The step goes down exactly the loss that the handout states, once."
    elif cosine < -0.5:
        received_words = "a step up the loss"
        hint = "Which label do the generated images get in this loss?"
    else:
        received_words = "another direction"
        hint = "Which loss, of which images, is the gradient taken of?"
    raise CheckFailed(f"Expected {what} to take one step down its loss. Received: {received_words}.", hint)


def expect_same(function, name, change):
    """Expect a step to have left the other network's weights alone."""
    if change.any():
        raise CheckFailed(f"Expected {function} to leave the {name} as it is. Received: other weights.")


def expect_loss(function, received, expected):
    """Expect the returned number to be the loss before the step."""
    number = expect_number(f"what {function} returns", received, hint="It returns its loss.")
    if not np.isclose(number, expect_number(function, expected), rtol=1e-3):
        raise CheckFailed(
            f"Expected {function} to return its loss before the step. Received: another number."
        )


@pytest.mark.points(3)
def test_discriminator_step_gradient(submission, reference, small, rng):
    """discriminator_step goes down the discriminator's loss by its gradient, for batches of any size."""
    for real, fake in ((8, 8), (3, 5)):
        steps = [("discriminator_step", [small.real(rng, real), small.noise(rng, fake)])]
        theirs, ours = (take(each, small, steps) for each in (submission, reference))
        expected = moved(ours.discriminators, 0)
        expect_same("discriminator_step", "generator", moved(theirs.generators, 0))
        expect_move("discriminator_step", moved(theirs.discriminators, 0), expected)
        expect_loss("discriminator_step", theirs.losses[0].value, ours.losses[0].value)


@pytest.mark.points(3)
def test_generator_step_gradient(submission, reference, small, rng):
    """generator_step goes down the generator's loss by its gradient, through the discriminator."""
    for count in (8, 3):
        steps = [("generator_step", [small.noise(rng, count)])]
        theirs, ours = (take(each, small, steps) for each in (submission, reference))
        expect_same("generator_step", "discriminator", moved(theirs.discriminators, 0))
        expect_move("generator_step", moved(theirs.generators, 0), moved(ours.generators, 0))
        expect_loss("generator_step", theirs.losses[0].value, ours.losses[0].value)


@pytest.mark.points(2)
@pytest.mark.needs("discriminator_step_gradient", "generator_step_gradient")
def test_steps_in_training_mode(submission, reference, small, rng):
    """Both steps run both networks in training mode: batch normalization and dropout do their work."""
    steps = [
        ("discriminator_step", [small.real(rng), small.noise(rng)]),
        ("generator_step", [small.noise(rng)]),
    ]
    for step in steps:
        expect_batch_statistics(submission, reference, small, step)
        expect_dropout(submission, reference, small, step)


def expect_batch_statistics(submission, reference, small, step):
    """Expect batch normalization in the generator to use this batch, and to remember it."""
    generator = with_layer(small.generator, layer("BatchNormalization", "normal", momentum=0.5))
    theirs, ours = (take(each, small, [step], generator=generator) for each in (submission, reference))
    function = step[0]
    if not moved(theirs.generators, 0)[STATISTICS].any():
        raise CheckFailed(
            f"Expected {function} to run the generator in training mode. Received: a step after which its "
            "batch normalization has the statistics it had before.",
            "generator(noise, training=True); predict() and plain calls do not train.",
        )
    own = "generators" if function == "generator_step" else "discriminators"
    what = f"{function} of networks with batch normalization"
    moves = [moved(getattr(each, own), 0) for each in (theirs, ours)]
    if own == "generators":  # the statistics also say how often it ran, which is not what this is about
        moves = [np.delete(each, STATISTICS) for each in moves]
    expect_move(what, *moves)


def expect_dropout(submission, reference, small, step):
    """Expect dropout in the discriminator to drop something: the step differs from one without it."""
    discriminator = with_layer(small.discriminator, layer("Dropout", "drop", rate=0.5))
    theirs = take(submission, small, [step], discriminator=discriminator)
    without = take(reference, small, [step])
    own = "generators" if step[0] == "generator_step" else "discriminators"
    pair = [moved(getattr(each, own), 0) for each in (theirs, without)]
    if np.linalg.norm(pair[0] - pair[1]) < 1e-3 * np.linalg.norm(pair[1]):
        raise CheckFailed(
            f"Expected {step[0]} to run the discriminator in training mode. Received: a step in which its "
            "dropout dropped nothing.",
            "discriminator(images, training=True)",
        )


def with_layer(described, added):
    """Return a network with another layer after its first one."""
    inputs, first, *rest = described["config"]["layers"]
    return described | {"config": described["config"] | {"layers": [inputs, first, added, *rest]}}
