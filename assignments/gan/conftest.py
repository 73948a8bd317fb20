"""What several checks of the GAN homework use: small networks of their own, and trainings that run once."""

from dataclasses import dataclass

import numpy as np
import pytest

from autograder.checks import CheckFailed, Step, StudentFault, StudentModel, expect_numbers, expect_pair
from autograder.checks.networks import layer, network, optimizer

LATENT, HIDDEN, FEATURES = 3, 5, 4
GENERATOR = network(
    "generator",
    (LATENT,),
    layer("Dense", "hidden", units=HIDDEN, activation="tanh"),
    layer("Dense", "points", units=FEATURES),
)
DISCRIMINATOR = network(
    "discriminator",
    (FEATURES,),
    layer("Dense", "doubts", units=HIDDEN, activation="leaky_relu"),
    layer("Dense", "logit", units=1),
)


@dataclass(frozen=True)
class Small:
    """Two small networks without anything random, and how they are trained.

    Attributes:
        generator: makes four numbers of three.
        discriminator: doubts four numbers.
        optimizer: plain gradient descent, so that a step shows the gradient.
    """

    generator: dict
    discriminator: dict
    optimizer: dict

    def real(self, rng, count=8):
        """Draw a batch of data: (count, 4)."""
        return rng.normal(size=(count, FEATURES)).astype("float32")

    def noise(self, rng, count=8):
        """Draw a batch of noise: (count, 3)."""
        return rng.normal(size=(count, LATENT)).astype("float32")


@dataclass(frozen=True)
class Training:
    """A training of two networks.

    Attributes:
        generators: before the training, and after each call of ``train_gan``.
        discriminators: the same.
        losses: what each call returned.
        steps: of each call.
    """

    generators: list[Step]
    discriminators: list[Step]
    losses: list[Step]
    steps: list[int]

    @property
    def generator(self) -> StudentModel:
        """The generator after all of it."""
        return self.generators[-1].value

    def curves(self):
        """Return the losses over all calls: a network's name → (steps,); nothing where others came back."""
        try:
            pairs = [
                {name: expect_numbers(name, values, count) for name, values in self.returned(call).items()}
                for call, count in enumerate(self.steps)
            ]
        except (CheckFailed, StudentFault):
            return {}  # another check's to judge
        return {name: np.concatenate([pair[name] for pair in pairs]) for name in pairs[0]}

    def returned(self, call):
        """Return the losses of one call by the network's name, as they were returned."""
        pair = expect_pair(
            "train_gan", self.losses[call].value, "the discriminator's and the generator's losses"
        )
        return dict(zip(("discriminator", "generator"), pair, strict=True))


@pytest.fixture
def small():
    """Two small networks, see `Small`."""
    return Small(GENERATOR, DISCRIMINATOR, optimizer("SGD", learning_rate=0.1))


@pytest.fixture
def train(submission):
    """A function that makes two networks and calls ``train_gan`` with them, once for each number of steps."""

    def run(make, data, *, steps, batch_size, seed, process=None):
        script = submission.script(seed=seed if process is None else process, training=True)
        generator, discriminator = make(script)
        found = Training([script.export(generator)], [script.export(discriminator)], [], list(steps))
        for call, count in enumerate(steps):
            settings = {"steps": count, "batch_size": batch_size, "seed": seed + call}
            found.losses.append(script.call("train_gan", generator, discriminator, data, **settings))
            found.generators.append(script.export(generator))
            found.discriminators.append(script.export(discriminator))
        return found

    return run


@pytest.fixture
def train_small(train, small):
    """A function that trains small networks, always the same ones, on points of four numbers.

    It takes the seed of the process, that of the training, and the steps of each call.
    """
    rng = np.random.default_rng(1)
    shapes = [(LATENT, HIDDEN), (HIDDEN,), (HIDDEN, FEATURES), (FEATURES,)]
    shapes_of_discriminator = [(FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, 1), (1,)]
    start = [
        [(0.5 * rng.normal(size=shape)).astype("float32") for shape in each]
        for each in (shapes, shapes_of_discriminator)
    ]
    data = small.real(rng, 50)

    def run(process, seed, steps=(30,)):
        return train(
            lambda script: (
                script.make(small.generator, start[0]),
                script.make(small.discriminator, start[1]),
            ),
            data,
            steps=steps,
            batch_size=10,
            seed=seed,
            process=process,
        )

    return run


@pytest.fixture
def small_training(train_small, run_seed):
    """A short training of small networks."""
    return train_small(run_seed("small", 0), run_seed("small", 0))


@pytest.fixture
def ring():
    """The centres of eight normal distributions on a ring: (8, 2)."""
    angles = np.arange(8) * np.pi / 4
    return 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.fixture
def ring_points(ring, homework):
    """A function from a seed to points of the eight distributions: (N, 2)."""

    def draw(seed):
        rng = np.random.default_rng(seed)
        count, deviation = homework.parameters["ring_points"], homework.parameters["ring_deviation"]
        points = ring[rng.integers(len(ring), size=count)] + deviation * rng.normal(size=(count, 2))
        return points.astype("float32")

    return draw


@pytest.fixture
def ring_training(train, ring_points, homework):
    """A function from a seed to the training of two small networks on the ring."""
    sizes = homework.parameters
    generator = network(
        "generator",
        (sizes["ring_latent_dim"],),
        layer("Dense", "hidden_1", units=64, activation="relu"),
        layer("Dense", "hidden_2", units=64, activation="relu"),
        layer("Dense", "points", units=2),
    )
    discriminator = network(
        "discriminator",
        (2,),
        layer("Dense", "hidden_1", units=64, activation="leaky_relu"),
        layer("Dense", "hidden_2", units=64, activation="leaky_relu"),
        layer("Dense", "logit", units=1),
    )
    return lambda seed: train(
        lambda script: (script.make(generator), script.make(discriminator)),
        ring_points(seed),
        steps=[sizes["ring_steps"]],
        batch_size=sizes["ring_batch"],
        seed=seed,
    )


@pytest.fixture
def standard_noise():
    """A function from a count and a size to noise, always the same for both: (count, latent_dim)."""

    def draw(count, latent_dim):
        return np.random.default_rng(20260101).standard_normal((count, latent_dim)).astype("float32")

    return draw
