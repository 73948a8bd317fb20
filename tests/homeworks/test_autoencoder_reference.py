"""The reference's autoencoders, and those of the wheats beside it."""

from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from solutions import Run, solution

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]

CORRECT = ["autoencoder.py", *(f"wheat/{name}/autoencoder.py" for name in ("convolutional", "deep", "tape"))]

Array: TypeAlias = NDArray[Any]


# ------------------------------------------------------------------------ called in the other process


def spoil(name: str, images: Array, factor: float, seeds: tuple[int, ...]) -> list[Array]:
    """Return what a solution's add_noise gives for each seed, and the images as they are afterwards."""
    given = images.copy()
    noisy = [np.asarray(solution("cnn", name).add_noise(given, factor, seed)) for seed in seeds]
    return [*noisy, given]


def describe(name: str, *sizes: Any) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Return the input and output shape of a solution's three networks."""
    networks = solution("cnn", name).build_autoencoder(*sizes)
    return [(network.input_shape[1:], network.output_shape[1:]) for network in networks]


def train(name: str, inputs: Array, targets: Array, epochs: int) -> tuple[list[float], Array, Array, Array]:
    """Train a solution's autoencoder; return losses, codes, what the decoder draws of them, and the whole."""
    import keras

    module = solution("cnn", name)
    keras.utils.set_random_seed(1)
    encoder, decoder, whole = module.build_autoencoder(inputs.shape[1:], 3)
    losses = module.train_autoencoder(whole, inputs, targets, epochs=epochs, batch_size=8, seed=2)
    codes = np.asarray(encoder(inputs))
    return losses, codes, np.asarray(decoder(codes)), np.asarray(whole(inputs))


# ------------------------------------------------------------------------------------------- the tests


def pictures(count: int = 40) -> Array:
    """Return images of bright squares at four places."""
    images = np.zeros((count, 8, 8, 1), dtype="float32")
    for number, image in enumerate(images):
        image[4 * (number % 2) :, 4 * (number // 2 % 2) :][:4, :4] = 0.9
    return images


@pytest.mark.parametrize("name", CORRECT)
def test_noise_depends_on_strength_and_seed(beside: Run, name: str) -> None:
    """The noisy image stays between 0 and 1, and the given one is not changed."""
    grey = np.full((30, 16, 16, 1), 0.5, dtype="float32")
    first, again, other, given = beside(spoil, name, grey, 0.1, (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.corrcoef(first.ravel(), other.ravel())[0, 1] == pytest.approx(0, abs=0.05)
    assert (first - grey).std() == pytest.approx(0.1, rel=0.05)
    np.testing.assert_array_equal(given, grey)
    strong, _ = beside(spoil, name, grey, 5.0, (1,))
    assert (strong.min(), strong.max()) == (0, 1)


@pytest.mark.parametrize("name", CORRECT)
def test_the_networks_fit_together_for_all_sizes(beside: Run, name: str) -> None:
    for image, size in (((28, 28, 1), 16), ((8, 12, 3), 2)):
        found = beside(describe, name, image, size)
        assert found == [(image, (size,)), ((size,), image), (image, image)]
    assert beside(describe, name)[0] == ((28, 28, 1), (16,))


@pytest.mark.parametrize("name", CORRECT)
def test_training_trains_encoder_and_decoder(beside: Run, name: str) -> None:
    """The loss falls, and the same seed gives the same result."""
    images = pictures()
    losses, codes, drawn, whole = beside(train, name, images, images, 60)
    assert len(losses) == 60
    assert losses[-1] < losses[0]
    assert codes.shape == (40, 3)
    np.testing.assert_allclose(drawn, whole, atol=1e-5)
    assert ((drawn - images) ** 2).mean() < 0.5 * images.var()
    again = beside(train, name, images, images, 60)
    np.testing.assert_array_equal(drawn, again[2])


@pytest.mark.parametrize("name", CORRECT)
def test_targets_are_drawn_and_not_inputs(beside: Run, name: str) -> None:
    images = pictures()
    *_, drawn, _ = beside(train, name, images, 0.9 - images, 60)
    assert ((drawn - (0.9 - images)) ** 2).mean() < ((drawn - images) ** 2).mean() / 2
