"""The GAN reference against NumPy, Keras's own losses, and finite differences."""

from typing import Any

import numpy as np
import pytest
from gan_networks import (
    FEATURES,
    LATENT,
    Array,
    Weights,
    descend,
    distance,
    normal,
    reference,
    sigmoid,
    softplus,
    tiny,
    weights_of,
)

from solutions import Run

pytestmark = pytest.mark.tensorflow

RATE = 0.1


# ------------------------------------------------------------------------ called in the other process


def generate(latent_dim: int, image_shape: tuple[int, int, int], noise: Array) -> dict[str, Any]:
    """Return what the reference's generator is, and what it makes of noise."""
    model = reference().build_generator(latent_dim, image_shape)
    images = np.asarray(model(noise, training=False))
    return {"images": images, "in": model.input_shape, "out": model.output_shape}


def doubt(image_shape: tuple[int, int, int], images: Array) -> dict[str, Any]:
    """Return what the reference's discriminator is, and what it says of images with weights of 1."""
    model = reference().build_discriminator(image_shape)
    model.set_weights([np.ones_like(values) for values in model.get_weights()])
    kinds = [type(layer).__name__ for layer in model.layers]
    return {"logits": np.asarray(model(images)), "in": model.input_shape, "kinds": kinds}


def defaults() -> list[tuple[Any, ...]]:
    """Return the shapes of the networks that are built without arguments."""
    module = reference()
    generator, discriminator = module.build_generator(), module.build_discriminator()
    return [generator.input_shape, generator.output_shape, discriminator.input_shape]


def losses_of(real: Array, fake: Array) -> dict[str, Array]:
    """Return the reference's losses, and Keras's with the labels of the handout."""
    import keras

    module = reference()
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    found = {
        "discriminator": module.discriminator_loss(real, fake),
        "generator": module.generator_loss(fake),
        "keras discriminator": entropy(np.ones_like(real), real) + entropy(np.zeros_like(fake), fake),
        "keras generator": entropy(np.ones_like(fake), fake),
    }
    return {name: np.asarray(value) for name, value in found.items()}


def slopes_of(real: Array, fake: Array) -> tuple[Array, Array, Array]:
    """Return the gradients of both losses by the logits they are given."""
    import tensorflow as tf

    module = reference()
    given = [tf.constant(real), tf.constant(fake)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(given)
        first, second = module.discriminator_loss(*given), module.generator_loss(given[1])
    slopes = (*tape.gradient(first, given), tape.gradient(second, given[1]))
    return tuple(map(np.asarray, slopes))  # type: ignore[return-value]


def step(player: str, kind: str, real: Array, noise: Array) -> dict[str, Any]:
    """Take one step of gradient descent.

    Args:
        player: whose step, "generator" or "discriminator".
        kind: of the networks, see `tiny`.
        real: what the discriminator learns from; a generator's step does not use it.
        noise: of the generated images.

    Returns:
        The loss, and each network's trained and other weights before and after the step.
    """
    import keras

    networks = tiny(kind, real.dtype.name)
    descent = keras.optimizers.SGD(RATE)
    before = [weights_of(model) for model in networks]
    module = reference()
    if player == "generator":
        loss = module.generator_step(*networks, descent, noise)
    else:
        loss = module.discriminator_step(*networks, descent, real, noise)
    return {"loss": np.asarray(loss), "before": before, "after": [weights_of(each) for each in networks]}


def differentiate(player: str, real: Array, noise: Array) -> tuple[float, Weights]:
    """Return a loss of the deep networks, in training mode, and its slopes by central differences."""
    networks = tiny("deep", "float64")
    generator, discriminator = networks

    def loss() -> float:
        fake = np.asarray(discriminator(generator(noise, training=True), training=True))
        if player == "generator":
            return float(softplus(-fake).mean())
        return float(softplus(-np.asarray(discriminator(real))).mean() + softplus(fake).mean())

    slopes = []
    for variable in networks[0 if player == "generator" else 1].trainable_variables:
        values, slope = np.array(variable), np.zeros(variable.shape)
        for place in np.ndindex(values.shape):
            ends = []
            for shift in (1e-5, -1e-5):
                moved = values.copy()
                moved[place] += shift
                variable.assign(moved)
                ends.append(loss())
            slope[place] = (ends[0] - ends[1]) / 2e-5
        variable.assign(values)
        slopes.append(slope)
    return loss(), slopes


def draw(sizes: list[tuple[int, int]], global_seed: int) -> list[Array]:
    """Return samples of the deep generator, and after them its weights, as one vector."""
    import keras

    generator, _ = tiny("deep")
    keras.utils.set_random_seed(global_seed)
    module = reference()
    samples = [module.sample(generator, count, seed) for count, seed in sizes]
    return [*samples, np.concatenate([w.ravel() for w in generator.get_weights()])]


def same(size: int) -> Any:
    """Return a generator that returns its noise."""
    import keras

    generator = keras.Sequential([keras.Input((size,)), keras.layers.Dense(size)])
    generator.set_weights([np.eye(size), np.zeros(size)])
    return generator


def draw_noise(size: int, count: int, seed: int) -> Array:
    """Return the noise that samples are made of."""
    noise: Array = reference().sample(same(size), count, seed)
    return noise


def walk(start: Array, end: Array, count: int) -> dict[str, Array]:
    """Return the noise of an interpolation, and what the deep generator makes on the way."""
    module = reference()
    generator, _ = tiny("deep")
    before = generator.get_weights()
    images = module.interpolate(generator, start, end, count)
    expected = [generator(noise.astype("float32")[np.newaxis]) for noise in (start, end)]
    changed = [np.abs(new - old).max() for new, old in zip(generator.get_weights(), before, strict=True)]
    return {
        "noise": module.interpolate(same(len(start)), start, end, count),
        "images": images,
        "ends": np.concatenate([np.asarray(each) for each in expected]),
        "changed": np.array(changed),
    }


# -------------------------------------------------------------------------------------------- networks


@pytest.mark.parametrize("latent_dim", [1, 2, 17])
@pytest.mark.parametrize("image_shape", [(28, 28, 1), (5, 8, 3), (1, 1, 1)])
def test_the_generator_makes_images_of_any_shape(
    beside: Run, latent_dim: int, image_shape: tuple[int, int, int]
) -> None:
    """Their values are between -1 and 1."""
    found = beside(generate, latent_dim, image_shape, 100 * normal(7, latent_dim))
    assert found["images"].shape == (7, *image_shape)
    assert found["images"].dtype == np.float32
    assert np.abs(found["images"]).max() <= 1
    assert (found["in"], found["out"]) == ((None, latent_dim), (None, *image_shape))


def test_the_generator_reaches_both_ends_of_tanh(beside: Run) -> None:
    images = beside(generate, 5, (6, 6, 1), 1000 * normal(50, 5))["images"]
    assert images.min() < -0.99
    assert images.max() > 0.99


@pytest.mark.parametrize("image_shape", [(28, 28, 1), (5, 8, 3), (1, 1, 1)])
def test_the_discriminator_returns_one_logit(beside: Run, image_shape: tuple[int, int, int]) -> None:
    """It uses no batch normalization."""
    found = beside(doubt, image_shape, np.ones((4, *image_shape), "float32"))
    assert found["logits"].shape == (4, 1)
    assert found["logits"].min() > 1
    assert found["in"] == (None, *image_shape)
    assert "BatchNormalization" not in found["kinds"]


def test_the_default_networks_are_for_digits(beside: Run) -> None:
    assert beside(defaults) == [(None, 100), (None, 28, 28, 1), (None, 28, 28, 1)]


# ---------------------------------------------------------------------------------------------- losses


@pytest.mark.parametrize("scale", [0, 1, 30, 1000])
@pytest.mark.parametrize("sizes", [(8, 8), (1, 5), (6, 2)])
def test_losses_are_those_of_numpy_and_of_keras(beside: Run, sizes: tuple[int, int], scale: float) -> None:
    real, fake = (scale * normal(size, 1) for size in sizes)
    found = beside(losses_of, real, fake)
    expected = {
        "discriminator": softplus(-real).mean() + softplus(fake).mean(),
        "generator": softplus(-fake).mean(),
    }
    for player, value in expected.items():
        assert found[player].shape == ()
        np.testing.assert_allclose(found[player], value, rtol=1e-5)
        np.testing.assert_allclose(found[player], found[f"keras {player}"], rtol=1e-5, atol=1e-6)


def test_losses_stay_finite_for_large_logits(beside: Run) -> None:
    """Where the discriminator is sure and wrong, they equal the logits."""
    thousand = np.full((3, 1), 1000, "float32")
    assert beside(losses_of, -thousand, thousand)["discriminator"] == 2000
    assert beside(losses_of, thousand, -thousand)["generator"] == 1000
    assert beside(losses_of, thousand, -thousand)["discriminator"] == 0


@pytest.mark.parametrize("scale", [1, 1000])
def test_loss_gradients_are_right_for_all_logits(beside: Run, scale: float) -> None:
    """This includes very large ones."""
    real, fake = scale * normal(5, 1), scale * normal(4, 1)
    of_real, of_fake, of_generator = beside(slopes_of, real, fake)
    np.testing.assert_allclose(of_real, -sigmoid(-real) / 5, atol=1e-6)
    np.testing.assert_allclose(of_fake, sigmoid(fake) / 4, atol=1e-6)
    np.testing.assert_allclose(of_generator, -sigmoid(-fake) / 4, atol=1e-6)


# ----------------------------------------------------------------------------------------------- steps


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize("sizes", [(8, 8), (3, 6), (1, 1)])
def test_a_step_follows_the_gradient(beside: Run, sizes: tuple[int, int], player: str) -> None:
    """The chain rule in NumPy gives the expected weights; the other network stays the same."""
    real, noise = normal(sizes[0], FEATURES), normal(sizes[1], LATENT)
    found = beside(step, player, "dense", real, noise)
    loss, slopes = descend(player, found["before"], real, noise)
    mover = 0 if player == "generator" else 1
    assert found["loss"].shape == ()
    np.testing.assert_allclose(found["loss"], loss, rtol=1e-5)
    before, after = (found[when][mover]["trained"] for when in ("before", "after"))
    for old, new, slope in zip(before, after, slopes, strict=True):
        assert np.abs(slope).max() > 1e-3
        np.testing.assert_allclose(new, old - RATE * slope, atol=2e-6)
    still = 1 - mover
    assert distance(found["before"][still]["trained"], found["after"][still]["trained"]) == 0


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_step_agrees_with_finite_differences(beside: Run, player: str) -> None:
    """In double precision, through batch normalization with the statistics of this batch."""
    real, noise = normal(5, FEATURES, dtype="float64"), normal(7, LATENT, dtype="float64")
    found = beside(step, player, "deep", real, noise)
    loss, slopes = beside(differentiate, player, real, noise)
    mover = 0 if player == "generator" else 1
    np.testing.assert_allclose(found["loss"], loss, rtol=1e-6)
    before, after = (found[when][mover]["trained"] for when in ("before", "after"))
    for old, new, slope in zip(before, after, slopes, strict=True):
        np.testing.assert_allclose((old - new) / RATE, slope, atol=1e-6)
    still = 1 - mover
    assert distance(found["before"][still]["trained"], found["after"][still]["trained"]) == 0


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_batch_statistics_see_one_batch_per_step(beside: Run, player: str) -> None:
    noise = normal(9, LATENT)
    found = beside(step, player, "deep", normal(9, FEATURES), noise)
    kernel, bias, *_ = found["before"][0]["trained"]
    seen = softplus(noise @ kernel + bias)
    for old, new, batch in zip(
        found["before"][0]["statistics"],
        found["after"][0]["statistics"],
        (seen.mean(axis=0), seen.var(axis=0)),
        strict=True,
    ):
        np.testing.assert_allclose(new, 0.5 * old + 0.5 * batch, rtol=1e-4)


# --------------------------------------------------------------------------------------------- samples


def test_samples_depend_on_their_seed_alone(beside: Run) -> None:
    first, again, other, _ = beside(draw, [(6, 3), (6, 3), (6, 4)], 0)
    [elsewhere, _] = beside(draw, [(6, 3)], 99)
    assert first.shape == (6, FEATURES)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, elsewhere)
    assert np.abs(first - other).max() > 0.1


def test_a_sample_does_not_depend_on_the_others(beside: Run) -> None:
    """Drawing samples changes no weight."""
    few, many, after = beside(draw, [(2, 3), (50, 3)], 0)
    [before] = beside(draw, [], 0)
    np.testing.assert_allclose(few, many[:2], atol=1e-6)
    np.testing.assert_array_equal(after, before)


def test_samples_use_standard_normal_noise(beside: Run) -> None:
    noise = beside(draw_noise, 20, 1000, 11)
    assert noise.shape == (1000, 20)
    assert abs(noise.mean()) < 0.03
    assert abs(noise.std() - 1) < 0.03
    assert 0.04 < (np.abs(noise) > 1.96).mean() < 0.06
    assert np.abs(np.corrcoef(noise.T) - np.eye(20)).max() < 0.2
    assert len(np.unique(noise, axis=0)) == 1000


@pytest.mark.parametrize("count", [2, 3, 10])
def test_an_interpolation_is_a_straight_line(beside: Run, count: int) -> None:
    """Its points have equal distances from the first noise vector to the last."""
    start, end = normal(LATENT), 3 * normal(1, LATENT)[0] + 1
    found = beside(walk, start, end, count)
    np.testing.assert_allclose(found["noise"][0], start, atol=1e-6)
    np.testing.assert_allclose(found["noise"][-1], end, atol=1e-6)
    paces = np.diff(found["noise"], axis=0)
    np.testing.assert_allclose(paces, np.broadcast_to((end - start) / (count - 1), paces.shape), atol=1e-5)
    assert found["images"].shape == (count, FEATURES)


def test_an_interpolation_uses_inference_mode(beside: Run) -> None:
    """It changes no weight of the generator."""
    found = beside(walk, normal(LATENT), normal(1, LATENT)[0], 5)
    np.testing.assert_allclose(found["images"][[0, -1]], found["ends"], atol=1e-6)
    assert not found["changed"].any()
