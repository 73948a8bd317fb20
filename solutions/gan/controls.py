"""Sets of images with one known fault each, to show which figure tells it apart: numpy alone.

A figure that cannot tell blurred or copied images from generated ones would be of no use to a grade.
"""

import statistics
from collections.abc import Mapping

import numpy as np

from autograder.calibration.certificate import CalibratedCheck
from autograder.checks.generative import SampleFigures
from autograder.datasets import Dataset

FIGURE_OF = {
    "samples_look_like_digits": "distance",
    "samples_are_varied": "recall",
    "samples_show_all_digits": "classes",
    "samples_are_new": "novelty",
    "samples_are_sharp": "detail",
    "samples_are_clean": "detail",
}


def beyond(checks: Mapping[str, CalibratedCheck], figures: SampleFigures) -> dict[str, float]:
    """Return for each check by how many sd of the reference's runs a figure misses the threshold.

    Below 0 it does not miss it.
    """
    found = {}
    for name, figure in FIGURE_OF.items():
        check = checks[name]
        margin = check.direction.margin(check.threshold, getattr(figures, figure))
        found[name] = margin / statistics.stdev(check.values)
    return found


def control_sets(dataset: Dataset, count: int, seed: int = 3) -> dict[str, np.ndarray]:
    """Return sets of ``count`` images (count, 28, 28, 1) from 0 to 1, by what is wrong with them.

    Args:
        dataset: whose training images are spoilt.
        count: images in a set.
        seed: of everything random.
    """
    rng = np.random.default_rng(seed)
    images, labels = dataset.train.images, dataset.train.labels
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    first = np.stack([images[labels == digit][0] for digit in range(10)])

    def some(pool: np.ndarray) -> np.ndarray:
        return pool[rng.permutation(len(pool))[:count]] if len(pool) >= count else rng.choice(pool, count)

    def noisy(pool: np.ndarray, deviation: float) -> np.ndarray:
        return np.clip(pool + deviation * rng.normal(size=pool.shape), 0, 1)

    return {
        "noise": rng.random((count, 28, 28, 1)),
        "the mean image + noise .02": noisy(
            np.repeat(images.mean(axis=0, keepdims=True), count, axis=0), 0.02
        ),
        "ten class means + noise .02": noisy(rng.choice(means, count), 0.02),
        "one digit": some(images[labels == 1]),
        "three digits": some(images[labels < 3]),
        "ten training images": rng.choice(first, count),
        "training images": some(images),
        "training images + noise .05": noisy(some(images), 0.05),
        "training images + noise .3": noisy(some(images), 0.3),
        "training images + noise .1": noisy(some(images), 0.1),
        "training images, moved by up to 2 pixels": moved(some(images), rng),
        "training images, blurred": blurred(some(images)),
        "ink and paper swapped": 1 - some(images),
    }


def moved(images: np.ndarray, rng: np.random.Generator, most: int = 2) -> np.ndarray:
    """Move each image by up to so many pixels in both directions."""
    return np.stack([np.roll(image, rng.integers(-most, most + 1, size=2), axis=(0, 1)) for image in images])


def blurred(images: np.ndarray, times: int = 4) -> np.ndarray:
    """Replace each pixel by the mean of itself and its four neighbours, several times."""
    for _ in range(times):
        images = (images + sum(np.roll(images, step, axis) for axis in (1, 2) for step in (-1, 1))) / 5
    return images
