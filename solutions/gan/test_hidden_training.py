"""The hidden checks of the GAN homework: where a training's noise comes from."""

import numpy as np
import pytest

from autograder.checks import CheckFailed, expect_weights
from autograder.checks.networks import layer, network

pytestmark = pytest.mark.visibility("hidden")

STEPS, BATCH, SIZE, MOMENTUM = 1000, 8, 16, 0.999


@pytest.mark.points(2)
@pytest.mark.needs("training_changes_both_networks")
def test_training_draws_new_noise(train, small, run_seed):
    """train_gan draws standard normal noise anew in every step."""
    # Batch normalization right behind the noise remembers what it has seen: a mean over about 1,000 batches.
    seed = run_seed("noise", 0)
    generator = network(
        "generator",
        (SIZE,),
        layer("BatchNormalization", "memory", momentum=MOMENTUM),
        layer("Dense", "points", units=4),
    )
    data = small.real(np.random.default_rng(seed), 100)
    training = train(
        lambda script: (script.make(generator), script.make(small.discriminator)),
        data,
        steps=[STEPS],
        batch_size=BATCH,
        seed=seed,
    )
    before = training.generators[0].value.weights
    weights = expect_weights("the generator after train_gan", training.generator.weights, before)
    mean, variance = weights[2:4]
    if not mean.any():
        raise CheckFailed(
            "Expected train_gan to run the generator in training mode. Received: batch normalization that "
            "has seen nothing in 1,000 steps."
        )
    # Of fresh standard normal noise each mean is 0 within 0.01 (its standard deviation), of the same 8 noise
    # vectors in each step about 0.22 or more. The variance goes from 1 to 7/8.
    spread, centre = mean.std(), mean.mean()
    if spread > 0.08:
        raise CheckFailed(
            "Expected new noise in every step. Received: noise whose mean over 1,000 steps is far from 0, "
            "and different for each of its numbers: the same noise again and again.",
            "Inside a tf.function, NumPy draws once, when the graph is made; tf.random.normal draws each "
            "time.",
        )
    if abs(centre) > 0.05 or not 0.8 < variance.mean() < 1.1:
        raise CheckFailed(
            "Expected standard normal noise. Received: noise whose batch normalization saw a mean of about "
            f"{centre:.2f} and a variance of about {variance.mean():.2f} (0 and 0.9 to 1 were expected)."
        )
