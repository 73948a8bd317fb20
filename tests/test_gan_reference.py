"""The GAN reference against NumPy, Keras's own losses, and finite differences.

Everything with TensorFlow happens in one process beside this one: TensorFlow's threads would stay here for
the rest of the session, and a process with threads cannot enter a jail.
"""

import importlib.util
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

pytestmark = pytest.mark.tensorflow

REFERENCE = Path(__file__).resolve().parent.parent / "solutions" / "gan" / "gan.py"
LATENT, FEATURES = 3, 4
RATE = 0.1

Array: TypeAlias = NDArray[Any]
Weights: TypeAlias = list[Array]
Run: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="module")
def beside() -> Iterator[Run]:
    """Return a function that calls one of this module's functions in the other process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield lambda function, *arguments: pool.submit(function, *arguments).result(timeout=300)


def reference() -> Any:
    """Import the reference by its path, anew each time."""
    spec = importlib.util.spec_from_file_location("gan", REFERENCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def tiny(kind: str, dtype: str = "float32") -> tuple[Any, Any]:
    """Return two small networks with the same weights each time.

    Args:
        kind: "dense" for one layer each, "deep" for several with batch normalization in the generator.
        dtype: of their weights.
    """
    import keras
    from keras import layers

    if kind == "dense":
        makes: list[Any] = [layers.Dense(FEATURES, activation="tanh", dtype=dtype)]
        doubts: list[Any] = [layers.Dense(1, dtype=dtype)]
    else:
        makes = [
            layers.Dense(5, activation="softplus", dtype=dtype),
            layers.BatchNormalization(momentum=0.5, dtype=dtype),
            layers.Dense(FEATURES, activation="tanh", dtype=dtype),
        ]
        doubts = [layers.Dense(6, activation="softplus", dtype=dtype), layers.Dense(1, dtype=dtype)]
    generator = keras.Sequential([keras.Input((LATENT,), dtype=dtype), *makes])
    discriminator = keras.Sequential([keras.Input((FEATURES,), dtype=dtype), *doubts])
    rng = np.random.default_rng(4)
    for model in (generator, discriminator):
        model.set_weights([np.abs(rng.normal(size=w.shape)) for w in model.get_weights()])
        for variable in model.trainable_variables:
            variable.assign(rng.normal(size=variable.shape))
    return generator, discriminator


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


def weights_of(model: Any) -> dict[str, Weights]:
    """Return a network's trained weights and its statistics."""
    return {
        "trained": [np.array(variable) for variable in model.trainable_variables],
        "statistics": [np.array(variable) for variable in model.non_trainable_variables],
    }


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


# ----------------------------------------------------------------------------- independent computations


def normal(*shape: int, dtype: str = "float32") -> Array:
    """Return the same random numbers for the same shape."""
    return np.random.default_rng(shape).normal(size=shape).astype(dtype)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)) without overflow."""
    x = x.astype(float)
    result: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return result


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    result: Array = np.exp(-softplus(-x))
    return result


def descend(player: str, networks: list[dict[str, Weights]], real: Array, noise: Array) -> tuple[Any, Any]:
    """Return a loss of the dense networks, and its gradient by the player's weights, by the chain rule."""
    (kernel, bias), (doubts, offset) = (each["trained"] for each in networks)
    fake = np.tanh(noise @ kernel + bias)
    logits = fake @ doubts + offset
    if player == "generator":
        back = -sigmoid(-logits) / len(logits) @ doubts.T * (1 - fake**2)
        return softplus(-logits).mean(), [noise.T @ back, back.sum(axis=0)]
    of_real = real @ doubts + offset
    backs = -sigmoid(-of_real) / len(of_real), sigmoid(logits) / len(logits)
    slope = real.T @ backs[0] + fake.T @ backs[1], backs[0].sum(axis=0) + backs[1].sum(axis=0)
    return softplus(-of_real).mean() + softplus(logits).mean(), list(slope)


def distance(one: Weights, other: Weights) -> float:
    """Return the largest difference between weights."""
    return float(max(np.abs(a - b).max() for a, b in zip(one, other, strict=True)))


# -------------------------------------------------------------------------------------------- networks


@pytest.mark.parametrize("latent_dim", [1, 2, 17])
@pytest.mark.parametrize("image_shape", [(28, 28, 1), (5, 8, 3), (1, 1, 1)])
def test_the_generator_makes_images_of_any_shape_between_minus_one_and_one(
    beside: Run, latent_dim: int, image_shape: tuple[int, int, int]
) -> None:
    found = beside(generate, latent_dim, image_shape, 100 * normal(7, latent_dim))
    assert found["images"].shape == (7, *image_shape)
    assert found["images"].dtype == np.float32
    assert np.abs(found["images"]).max() <= 1
    assert (found["in"], found["out"]) == ((None, latent_dim), (None, *image_shape))


def test_the_generator_ends_in_a_tanh_that_reaches_both_ends(beside: Run) -> None:
    images = beside(generate, 5, (6, 6, 1), 1000 * normal(50, 5))["images"]
    assert images.min() < -0.99
    assert images.max() > 0.99


@pytest.mark.parametrize("image_shape", [(28, 28, 1), (5, 8, 3), (1, 1, 1)])
def test_the_discriminator_gives_one_logit_and_no_probability(
    beside: Run, image_shape: tuple[int, int, int]
) -> None:
    found = beside(doubt, image_shape, np.ones((4, *image_shape), "float32"))
    assert found["logits"].shape == (4, 1)
    assert found["logits"].min() > 1
    assert found["in"] == (None, *image_shape)
    assert "BatchNormalization" not in found["kinds"]


def test_networks_without_arguments_are_for_digits(beside: Run) -> None:
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


def test_losses_of_a_discriminator_that_is_sure_and_wrong_are_its_logits(beside: Run) -> None:
    thousand = np.full((3, 1), 1000, "float32")
    assert beside(losses_of, -thousand, thousand)["discriminator"] == 2000
    assert beside(losses_of, thousand, -thousand)["generator"] == 1000
    assert beside(losses_of, thousand, -thousand)["discriminator"] == 0


@pytest.mark.parametrize("scale", [1, 1000])
def test_slopes_of_the_losses_are_right_for_large_logits_too(beside: Run, scale: float) -> None:
    real, fake = scale * normal(5, 1), scale * normal(4, 1)
    of_real, of_fake, of_generator = beside(slopes_of, real, fake)
    np.testing.assert_allclose(of_real, -sigmoid(-real) / 5, atol=1e-6)
    np.testing.assert_allclose(of_fake, sigmoid(fake) / 4, atol=1e-6)
    np.testing.assert_allclose(of_generator, -sigmoid(-fake) / 4, atol=1e-6)


# ----------------------------------------------------------------------------------------------- steps


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize("sizes", [(8, 8), (3, 6), (1, 1)])
def test_a_step_goes_down_the_gradient_of_the_chain_rule(
    beside: Run, sizes: tuple[int, int], player: str
) -> None:
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
def test_a_step_goes_down_the_loss_in_training_mode_by_finite_differences(beside: Run, player: str) -> None:
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
def test_a_step_lets_batch_normalization_see_one_batch_of_noise(beside: Run, player: str) -> None:
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


# -------------------------------------------------------------------------------------------- training

POINTS = {"steps": 12, "batch_size": 8, "seed": 5}


@pytest.mark.parametrize(
    "data", [normal(40, FEATURES), normal(30, 6, 5, 2), normal(20, 4, 4, 1, dtype="float64")]
)
def test_training_works_on_points_and_images_and_changes_both_networks(beside: Run, data: Array) -> None:
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


def test_the_same_seed_gives_the_same_training_whatever_came_before(beside: Run) -> None:
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


def test_training_goes_on_from_where_it_was_when_it_is_called_again(beside: Run) -> None:
    """Adam's first step moves each weight by its rate of 0.001 and no more."""
    calls = [POINTS | {"steps": 300}, POINTS | {"steps": 1, "seed": 7}]
    weights, losses = beside(train, "dense", normal(40, FEATURES), calls)
    assert [len(each) for pair in losses for each in pair] == [300, 300, 1, 1]
    for player in (0, 1):
        assert distance(weights[0][player], weights[1][player]) > 5e-3
        assert 0 < distance(weights[1][player], weights[2][player]) < 1.01e-3


def test_training_leaves_the_moving_average_of_the_generators_weights(beside: Run) -> None:
    steps = 300
    (each, left), _ = beside(train_and_look, normal(60, FEATURES), steps)
    assert len(each) == steps
    average = [values.astype(float) for values in each[0]]
    for weights in each[1:]:
        average = [0.999 * old + 0.001 * new for old, new in zip(average, weights, strict=True)]
    assert distance(left, average) < 1e-5
    assert distance(left, each[-1]) > 1e-2
    assert distance(left, each[0]) > 1e-2


def test_training_leaves_the_discriminators_last_weights(beside: Run) -> None:
    _, (each, left) = beside(train_and_look, normal(60, FEATURES), 30)
    assert distance(left, each[-1]) == 0
    assert distance(left, each[-2]) > 1e-5


def test_each_step_draws_data_at_random_and_noise_of_its_own_for_each_network(beside: Run) -> None:
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


def test_batch_normalization_sees_what_the_averaged_weights_make(beside: Run) -> None:
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


# --------------------------------------------------------------------------------------------- samples


def test_samples_depend_on_their_seed_alone(beside: Run) -> None:
    first, again, other, _ = beside(draw, [(6, 3), (6, 3), (6, 4)], 0)
    [elsewhere, _] = beside(draw, [(6, 3)], 99)
    assert first.shape == (6, FEATURES)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, elsewhere)
    assert np.abs(first - other).max() > 0.1


def test_a_sample_does_not_depend_on_those_beside_it_and_changes_nothing(beside: Run) -> None:
    few, many, after = beside(draw, [(2, 3), (50, 3)], 0)
    [before] = beside(draw, [], 0)
    np.testing.assert_allclose(few, many[:2], atol=1e-6)
    np.testing.assert_array_equal(after, before)


def test_samples_are_made_of_standard_normal_noise(beside: Run) -> None:
    noise = beside(draw_noise, 20, 1000, 11)
    assert noise.shape == (1000, 20)
    assert abs(noise.mean()) < 0.03
    assert abs(noise.std() - 1) < 0.03
    assert 0.04 < (np.abs(noise) > 1.96).mean() < 0.06
    assert np.abs(np.corrcoef(noise.T) - np.eye(20)).max() < 0.2
    assert len(np.unique(noise, axis=0)) == 1000


@pytest.mark.parametrize("count", [2, 3, 10])
def test_an_interpolation_walks_straight_from_the_first_noise_to_the_last(beside: Run, count: int) -> None:
    start, end = normal(LATENT), 3 * normal(1, LATENT)[0] + 1
    found = beside(walk, start, end, count)
    np.testing.assert_allclose(found["noise"][0], start, atol=1e-6)
    np.testing.assert_allclose(found["noise"][-1], end, atol=1e-6)
    paces = np.diff(found["noise"], axis=0)
    np.testing.assert_allclose(paces, np.broadcast_to((end - start) / (count - 1), paces.shape), atol=1e-5)
    assert found["images"].shape == (count, FEATURES)


def test_an_interpolation_shows_what_the_generator_makes_outside_training_mode(beside: Run) -> None:
    found = beside(walk, normal(LATENT), normal(1, LATENT)[0], 5)
    np.testing.assert_allclose(found["images"][[0, -1]], found["ends"], atol=1e-6)
    assert not found["changed"].any()
