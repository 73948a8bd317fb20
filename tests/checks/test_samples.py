"""Figures about generated samples: against values known from theory, and on sets with known faults."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checks.generative import (
    JudgeOutput,
    aligned,
    effective_classes,
    frechet_distance,
    high_frequency_share,
    nearest_neighbour_ratio,
    recall,
    ring_figures,
    sample_figures,
)

RING = 2 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


# Frechet distance


def test_the_distance_of_a_set_to_itself_is_zero(rng: np.random.Generator) -> None:
    points = rng.normal(size=(200, 5))
    assert frechet_distance(points, points) == pytest.approx(0, abs=1e-6)


def test_a_shift_adds_its_squared_length(rng: np.random.Generator) -> None:
    points = rng.normal(size=(200, 3))
    assert frechet_distance(points + np.array([3, 4, 0]), points) == pytest.approx(25)


def test_scaling_adds_a_share_of_the_trace(rng: np.random.Generator) -> None:
    """For commuting covariances the distance is the squared difference of their roots: (1 - s)^2 tr A."""
    points = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 4))
    points -= points.mean(axis=0)
    assert frechet_distance(3 * points, points) == pytest.approx(4 * np.trace(np.cov(points.T)))


def test_the_distance_is_symmetric(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(100, 4)), rng.normal(size=(80, 4)) @ rng.normal(size=(4, 4))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))


def test_features_that_never_vary_are_no_trouble(rng: np.random.Generator) -> None:
    points = rng.normal(size=(100, 4)) * [1, 0, 1, 0]
    assert frechet_distance(points + 1, points) == pytest.approx(4)


# Recall


def test_the_same_distribution_has_a_high_recall(rng: np.random.Generator) -> None:
    samples, real = rng.normal(size=(2, 300, 2))
    assert recall(samples, real) > 0.9


def test_half_of_the_modes_have_half_the_recall(rng: np.random.Generator) -> None:
    real = rng.normal(size=(400, 2)) + np.repeat([[0, 0], [50, 0]], 200, axis=0)
    assert recall(rng.normal(size=(400, 2)), real) == pytest.approx(0.5, abs=0.05)


def test_samples_of_one_point_reach_nothing(rng: np.random.Generator) -> None:
    assert recall(np.zeros((50, 2)), rng.normal(size=(50, 2))) == 0


# Effective classes


@pytest.mark.parametrize(
    ("labels", "expected"), [([3, 3, 3], 1), ([0, 1, 2, 3], 4), ([0, 0, 1, 1], 2), ([0] * 9 + [1], 1.384)]
)
def test_effective_classes_count_by_share(labels: list[int], expected: float) -> None:
    assert effective_classes(np.array(labels), 10) == pytest.approx(expected, abs=1e-3)


# The nearest neighbour


def test_copies_have_ratio_0_and_new_images_1(rng: np.random.Generator) -> None:
    training, held_out, new = rng.random((3, 100, 6, 6))
    assert nearest_neighbour_ratio(training[:50], training, held_out) == pytest.approx(0, abs=1e-6)
    assert nearest_neighbour_ratio(new, training, held_out) == pytest.approx(1, abs=0.1)


def test_what_is_far_from_all_has_a_large_ratio(rng: np.random.Generator) -> None:
    training, held_out = rng.random((2, 50, 6, 6))
    assert nearest_neighbour_ratio(held_out + 5, training, held_out) > 5


# High frequencies


def waves(periods: int) -> np.ndarray:
    """Return two images of 28 x 28 pixels with so many periods from left to right."""
    row = np.sin(2 * np.pi * periods * np.arange(28) / 28)
    return np.broadcast_to(row, (2, 28, 28))


def test_only_fast_waves_have_high_frequencies() -> None:
    """Slow waves have none, and fast waves have little else."""
    assert high_frequency_share(waves(3)) < 1e-3
    assert high_frequency_share(waves(11)) > 0.99


def test_noise_raises_the_share_blur_lowers_it(rng: np.random.Generator) -> None:
    """The share is that of the high frequencies."""
    images = np.kron(rng.random((20, 7, 7)), np.ones((4, 4)))
    blurred = (images + np.roll(images, 1, 1) + np.roll(images, 1, 2) + np.roll(images, (1, 1), (1, 2))) / 4
    noisy = images + 0.3 * rng.normal(size=images.shape)
    shares = [high_frequency_share(each) for each in (blurred, images, noisy)]
    assert 2 * shares[0] < shares[1] < shares[2] / 2


def test_one_grey_has_no_high_frequencies() -> None:
    assert high_frequency_share(np.full((3, 28, 28), 0.5)) == 0


# The ring


def test_samples_of_the_ring_find_all_modes(rng: np.random.Generator) -> None:
    points = RING[rng.integers(0, 8, 2000)] + 0.1 * rng.normal(size=(2000, 2))
    figures = ring_figures(points, RING, 0.1)
    assert figures.modes == 8
    assert figures.good > 0.99
    assert figures.effective_modes > 7.9


def test_a_rare_mode_does_not_count(rng: np.random.Generator) -> None:
    which = np.r_[np.zeros(990, int), np.ones(10, int)]
    figures = ring_figures(RING[which] + 0.1 * rng.normal(size=(1000, 2)), RING, 0.1)
    assert figures.modes == 1
    assert figures.effective_modes == pytest.approx(1.06, abs=0.01)


def test_points_between_the_modes_are_not_good() -> None:
    figures = ring_figures(np.zeros((10, 2)), RING, 0.1)
    assert (figures.modes, figures.good, figures.effective_modes) == (0, 0.0, 0.0)


# Alignment


def test_a_moved_image_is_aligned_with_itself(rng: np.random.Generator) -> None:
    image = np.zeros((28, 28))
    image[8:18, 9:17] = rng.random((10, 8))
    moved = np.stack([np.roll(image, move, (0, 1)) for move in ((0, 0), (3, -2), (-4, 5), (1, 1))])
    np.testing.assert_allclose(aligned(moved), aligned(moved[[0] * 4]), atol=1e-12)


def test_alignment_keeps_ink_and_removes_noise(rng: np.random.Generator) -> None:
    noise = rng.normal(size=(50, 28, 28))
    assert aligned(noise).std() < 0.5
    ink = rng.random((5, 28, 28))
    np.testing.assert_allclose(aligned(ink).sum(axis=(1, 2)), ink.sum(axis=(1, 2)))
    assert not aligned(np.zeros((2, 28, 28))).any()


# All of them


def looked(features: np.ndarray, labels: np.ndarray) -> JudgeOutput:
    return JudgeOutput(features, labels)


def test_held_out_images_have_perfect_figures(rng: np.random.Generator) -> None:
    """They are compared with themselves."""
    images, training = rng.random((40, 28, 28, 1)), rng.random((60, 28, 28, 1))
    seen = looked(rng.normal(size=(40, 3)), np.arange(40) % 10)
    found = sample_figures(images, seen, images, seen, training)
    assert found.distance == pytest.approx(0, abs=1e-6)
    assert found.recall == 1
    assert found.classes == pytest.approx(10)
    assert found.novelty == pytest.approx(1)
    assert found.detail == pytest.approx(0)


def test_detail_is_counted_in_doublings(rng: np.random.Generator) -> None:
    seen = looked(rng.normal(size=(40, 3)), np.arange(40) % 10)
    blank, noise, other = np.zeros((40, 28, 28, 1)), *rng.random((2, 40, 28, 28, 1))
    share = high_frequency_share(noise[..., 0])
    fades = np.linspace(0, 1, 28)[:, np.newaxis] * np.ones((40, 28, 28))
    expected = np.log2(share / high_frequency_share(fades))
    assert sample_figures(noise, seen, fades[..., np.newaxis], seen, other).detail == pytest.approx(expected)
    assert sample_figures(blank, seen, noise, seen, other).detail == -20
