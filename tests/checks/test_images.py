"""Figures about images that are drawn again."""

import numpy as np
import pytest

from autograder.checks.images import linear_code, signal_to_noise, squared_error

RNG = np.random.default_rng(0)


def test_ten_decibels_are_a_tenth_of_the_error() -> None:
    """The error is the squared error."""
    clean = np.zeros((2, 4, 4, 1))
    assert squared_error(clean + 0.5, clean) == pytest.approx(0.25)
    assert signal_to_noise(clean + 0.1, clean) == pytest.approx(20)
    gain = signal_to_noise(clean + 0.1 / np.sqrt(10), clean) - signal_to_noise(clean + 0.1, clean)
    assert gain == pytest.approx(10)


def test_images_without_error_have_a_finite_ratio() -> None:
    assert signal_to_noise(np.ones((1, 2, 2)), np.ones((1, 2, 2))) == 120


def test_a_plane_needs_a_code_of_two_numbers() -> None:
    """Images of a plane are drawn exactly from two numbers, and not from one."""
    directions = RNG.normal(size=(2, 3, 4, 1))
    seen, unseen = (np.tensordot(RNG.normal(size=(n, 2)), directions, 1) + 0.3 for n in (50, 5))
    np.testing.assert_allclose(linear_code(seen, unseen, 2), unseen, atol=1e-9)
    assert squared_error(linear_code(seen, unseen, 1), unseen) > 1e-3


def test_no_other_linear_code_has_a_smaller_error() -> None:
    """This holds for the error on the training images."""
    images = RNG.normal(size=(200, 6, 6)) * np.linspace(0.2, 2, 36).reshape(6, 6)
    best = squared_error(linear_code(images, images, 5), images)
    flat = images.reshape(200, -1) - images.reshape(200, -1).mean(axis=0)
    spread = np.linalg.svd(flat, compute_uv=False)
    assert best == pytest.approx(float((spread[5:] ** 2).sum()) / flat.size)  # Eckart and Young 1936
    for _ in range(20):
        other, _ = np.linalg.qr(RNG.normal(size=(36, 5)))
        assert np.mean((flat @ other @ other.T - flat) ** 2) > best
