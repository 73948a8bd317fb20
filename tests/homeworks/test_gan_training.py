"""The training of the GAN reference: what it draws, what it changes, and what it leaves."""

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
    tiny,
    weights_of,
)

from solutions import Run

pytestmark = pytest.mark.tensorflow


# ------------------------------------------------------------------------ called in the other process


def train(
    kind: str, data: Array, calls: list[dict[str, int]], global_seed: int = 0
) -> tuple[list[tuple[Weights, Weights]], list[tuple[Any, Any]]]:
    """Train two networks from the same weights, whatever the seed.

    Args:
        kind: of the networks, see `tiny`; "images" for the reference's own.
        data: what to train with.
        calls: the settings of each call of ``train_gan``.
        global_seed: of what is random before the first call.

    Returns:
        The generator's and the discriminator's weights before and after each call, and each one's losses.
    """
    import keras

    module = reference()
    if kind == "images":
        keras.utils.set_random_seed(1)
        shape = data.shape[1:]
        networks = module.build_generator(LATENT, shape), module.build_discriminator(shape)
    else:
        networks = tiny(kind)
    keras.utils.set_random_seed(global_seed)
    weights, losses = [(networks[0].get_weights(), networks[1].get_weights())], []
    for settings in calls:
        losses.append(module.train_gan(*networks, data, **settings))
        weights.append((networks[0].get_weights(), networks[1].get_weights()))
    return weights, losses


def train_and_look(data: Array, steps: int) -> list[tuple[list[Weights], Weights]]:
    """Return the trained weights after each step and those that the training leaves, of each network.

    The generator's step is a step's last: what it sees of the discriminator is what the step made of it.
    """
    import tensorflow as tf

    module = reference()
    networks = tiny("deep")
    sizes = [len(model.trainable_variables) for model in networks]
    inner, kept = module.generator_step, list[Weights]()

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def outer(*arguments: Any) -> Any:
        loss = inner(*arguments)
        read = [variable.value + 0 for model in networks for variable in model.trainable_variables]
        tf.py_function(lambda *values: kept.append([value.numpy() for value in values]), read, [])
        return loss

    module.generator_step = outer
    module.train_gan(*networks, data, steps=steps, batch_size=16, seed=2)
    of_each = [weights[: sizes[0]] for weights in kept], [weights[sizes[0] :] for weights in kept]
    return [(seen, weights_of(model)["trained"]) for seen, model in zip(of_each, networks, strict=True)]


def train_and_listen(data: Array, steps: int, batch: int) -> tuple[Array, Array, Array]:
    """Return the data, the discriminator's noise and the generator's noise of each step."""
    import tensorflow as tf

    module = reference()
    heard: dict[str, list[Array]] = {"real": [], "doubt": [], "trust": []}

    def listen(inner: Any, *names: str) -> Any:
        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def outer(*arguments: Any) -> Any:
            for name, value in zip(names, arguments[3:], strict=True):
                tf.py_function(lambda it, name=name: heard[name].append(it.numpy()), [value], [])
            return inner(*arguments)

        return outer

    module.discriminator_step = listen(module.discriminator_step, "real", "doubt")
    module.generator_step = listen(module.generator_step, "trust")
    module.train_gan(*tiny("dense"), data, steps=steps, batch_size=batch, seed=2)
    real, doubt, trust = (np.stack(values) for values in heard.values())
    return real, doubt, trust


def train_and_remember(steps: int, batch: int, size: int) -> tuple[Array, Array]:
    """Return mean and variance that batch normalization remembers of the noise of a training."""
    import keras
    from keras import layers

    memory = layers.BatchNormalization(momentum=0.999)
    generator = keras.Sequential([keras.Input((size,)), memory, layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    data = np.random.default_rng(0).normal(size=(50, 2))
    reference().train_gan(generator, discriminator, data, steps=steps, batch_size=batch, seed=3)
    return np.asarray(memory.moving_mean), np.asarray(memory.moving_variance)


def train_large_first_layer() -> dict[str, Array]:
    """Train one step only, and return what stands before batch normalization and what that remembers."""
    import keras
    from keras import layers

    dense, normal = layers.Dense(6), layers.BatchNormalization(momentum=0.9)
    generator = keras.Sequential([keras.Input((LATENT,)), dense, normal, layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    rng = np.random.default_rng(0)
    dense.set_weights([5 * rng.normal(size=(LATENT, 6)), 20 * rng.normal(size=6)])
    data = rng.normal(size=(50, 2))
    reference().train_gan(generator, discriminator, data, steps=1, batch_size=200, seed=3)
    return {
        "kernel": np.asarray(dense.kernel),
        "bias": np.asarray(dense.bias),
        "mean": np.asarray(normal.moving_mean),
        "variance": np.asarray(normal.moving_variance),
    }


# ------------------------------------------------------------------------------------------------ tests

POINTS = {"steps": 12, "batch_size": 8, "seed": 5}


@pytest.mark.parametrize(
    "data", [normal(40, FEATURES), normal(30, 6, 5, 2), normal(20, 4, 4, 1, dtype="float64")]
)
def test_training_changes_both_networks(beside: Run, data: Array) -> None:
    """It works on points and on images, and its losses are finite."""
    kind = "deep" if data.ndim == 2 else "images"
    weights, [losses] = beside(train, kind, np.tanh(data), [POINTS])
    for player in (0, 1):
        assert isinstance(losses[player], np.ndarray)
        assert losses[player].shape == (12,)
        assert np.isfinite(losses[player]).all()
        assert all(np.isfinite(values).all() for values in weights[1][player])
        assert len(set(losses[player].tolist())) > 6
        moves = [
            distance([old], [new]) for old, new in zip(weights[0][player], weights[1][player], strict=True)
        ]
        assert min(moves) > 0  # every array of each network
    assert losses[0][0] > 0


def test_the_first_loss_is_that_before_any_step(beside: Run) -> None:
    """With large batches of one real value, the discriminator's loss hardly depends on the noise drawn."""
    data = np.full((20, FEATURES), 0.5, "float32")
    one, other = (
        beside(train, "dense", data, [POINTS | {"steps": steps, "batch_size": 4000}])[1][0]
        for steps in (1, 3)
    )
    (generator, discriminator), *_ = beside(train, "dense", data, [])[0]
    networks = [{"trained": generator}, {"trained": discriminator}]
    loss, _ = descend("discriminator", networks, data, normal(20_000, LATENT))
    np.testing.assert_allclose(one[0], loss, rtol=0.03)
    np.testing.assert_allclose([one[0][0], one[1][0]], [other[0][0], other[1][0]], rtol=1e-5)
    assert abs(other[0][2] - other[0][0]) > 1e-4


def test_the_same_seed_gives_the_same_training(beside: Run) -> None:
    """The state of the global random generators does not matter."""
    weights, losses = beside(train, "deep", normal(40, FEATURES), [POINTS], 1)
    again, same_losses = beside(train, "deep", normal(40, FEATURES), [POINTS], 2)
    for player in (0, 1):
        assert distance(weights[-1][player], again[-1][player]) == 0
        np.testing.assert_array_equal(losses[0][player], same_losses[0][player])


def test_another_seed_gives_another_training(beside: Run) -> None:
    weights, losses = beside(train, "deep", normal(40, FEATURES), [POINTS])
    others, other_losses = beside(train, "deep", normal(40, FEATURES), [POINTS | {"seed": 6}])
    for player in (0, 1):
        assert distance(weights[0][player], others[0][player]) == 0
        assert distance(weights[1][player], others[1][player]) > 1e-4
        assert np.abs(losses[0][player] - other_losses[0][player]).max() > 1e-4


def test_a_second_call_continues_the_training(beside: Run) -> None:
    """Adam's first step moves each weight by its rate of 0.001 and no more."""
    calls = [POINTS | {"steps": 300}, POINTS | {"steps": 1, "seed": 7}]
    weights, losses = beside(train, "dense", normal(40, FEATURES), calls)
    assert [len(each) for pair in losses for each in pair] == [300, 300, 1, 1]
    for player in (0, 1):
        assert distance(weights[0][player], weights[1][player]) > 5e-3
        assert 0 < distance(weights[1][player], weights[2][player]) < 1.01e-3


def test_the_generator_ends_with_averaged_weights(beside: Run) -> None:
    """It is an exponential moving average over all steps."""
    steps = 300
    (each, left), _ = beside(train_and_look, normal(60, FEATURES), steps)
    assert len(each) == steps
    average = [values.astype(float) for values in each[0]]
    for weights in each[1:]:
        average = [0.999 * old + 0.001 * new for old, new in zip(average, weights, strict=True)]
    assert distance(left, average) < 1e-5
    assert distance(left, each[-1]) > 1e-2
    assert distance(left, each[0]) > 1e-2


def test_the_discriminator_keeps_its_last_weights(beside: Run) -> None:
    _, (each, left) = beside(train_and_look, normal(60, FEATURES), 30)
    assert distance(left, each[-1]) == 0
    assert distance(left, each[-2]) > 1e-5


def test_each_step_draws_new_data_and_noise(beside: Run) -> None:
    """Each of the two networks gets its own noise."""
    data = normal(40, FEATURES)
    real, doubt, trust = beside(train_and_listen, data, 100, 10)
    assert real.shape == (100, 10, FEATURES)
    assert doubt.shape == trust.shape == (100, 10, LATENT)
    place = {tuple(row): index for index, row in enumerate(data.tolist())}
    drawn = np.array([[place[tuple(row)] for row in batch] for batch in real.tolist()])
    counts = np.bincount(drawn.ravel(), minlength=40)  # 25 of each on average, give or take 5
    assert counts.min() > 5
    assert counts.max() < 50
    assert len({tuple(sorted(batch)) for batch in drawn.tolist()}) == 100
    assert len(np.unique(np.concatenate([doubt, trust]))) > 0.99 * (doubt.size + trust.size)


def test_batch_statistics_fit_averaged_weights(beside: Run) -> None:
    """One step alone would leave mean and variance near the 0 and 1 that they start from."""
    found = beside(train_large_first_layer)
    spread = np.sqrt(np.square(found["kernel"]).sum(axis=0))
    assert np.abs(found["bias"] / spread).max() > 1
    np.testing.assert_allclose(found["mean"], found["bias"], atol=0.15 * spread.max())
    np.testing.assert_allclose(found["variance"], spread**2, rtol=0.2)


def test_noise_is_drawn_anew_in_every_step(beside: Run) -> None:
    """What batch normalization behind the noise remembers: the same noise again would give means of 0.2."""
    mean, variance = beside(train_and_remember, 1000, 8, 16)
    assert mean.any()
    assert mean.std() < 0.03
    assert abs(mean.mean()) < 0.02
    assert 0.85 < variance.mean() < 0.95  # a batch of 8 has 7/8 of the variance; a tenth is left of the 1
