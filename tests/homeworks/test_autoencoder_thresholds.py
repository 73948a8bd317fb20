"""What the CNN homework's autoencoders have to reach lies beyond what linear ones can."""

from pathlib import Path

import numpy as np
import pytest

from autograder import datasets
from autograder.calibration.certificate import CALIBRATION, CalibratedCheck, read_certificate
from autograder.checks.images import linear_code, signal_to_noise
from autograder.homework import Course

HOMEWORK = Course.find(Path(__file__)).homework("cnn")


@pytest.fixture(scope="module")
def checks() -> dict[str, CalibratedCheck]:
    assert HOMEWORK.solution is not None
    return dict(read_certificate(HOMEWORK.solution / CALIBRATION).checks)


def linear_denoiser(inputs: np.ndarray, targets: np.ndarray, noisy: np.ndarray, size: int) -> np.ndarray:
    """Return what the best linear encoder and decoder with so many numbers between them make of images.

    Reduced-rank regression (Izenman 1975): least squares, then the principal components of what they predict.
    """
    weights, *_ = np.linalg.lstsq(with_constant(inputs), targets.reshape(len(targets), -1))
    predicted = linear_code(with_constant(inputs) @ weights, with_constant(noisy) @ weights, size)
    return np.clip(predicted, 0, 1).reshape(noisy.shape)


def with_constant(images: np.ndarray) -> np.ndarray:
    """Return images as rows, with a 1 at the end of each."""
    return np.hstack([images.reshape(len(images), -1), np.ones((len(images), 1))])


def test_reconstructions_must_beat_linear_codes(
    checks: dict[str, CalibratedCheck],
) -> None:
    assert checks["reconstruction_beats_linear_codes"].threshold < 1


def test_a_linear_denoiser_misses_the_threshold(
    checks: dict[str, CalibratedCheck],
) -> None:
    """Its gain is about six decibels, as the handout says."""
    data, rng = datasets.load(HOMEWORK.dataset), np.random.default_rng(1)
    clean = data.train.images, data.test.images
    factor, size = HOMEWORK.parameters["noise_factor"], HOMEWORK.parameters["latent_size"]
    noisy = [np.clip(images + factor * rng.normal(size=images.shape), 0, 1) for images in clean]
    drawn = linear_denoiser(noisy[0], clean[0], noisy[1], size)
    gained = signal_to_noise(drawn, clean[1]) - signal_to_noise(noisy[1], clean[1])
    assert gained == pytest.approx(6, abs=0.5)
    assert gained < checks["denoising_removes_noise"].threshold
