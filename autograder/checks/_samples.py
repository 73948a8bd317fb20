"""Metrics of generated samples: fidelity, coverage and copying.

No single metric detects all failures. Frechet distance and recall use features of a classifier, which hardly
change with blur or noise. The distance to the nearest neighbour detects copies; the high-frequency share
detects blur and noise. All metrics depend on the number of samples, so a check keeps that number fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks._judge import JudgeOutput

Array = NDArray[Any]
Floats = NDArray[np.float64]


def frechet_distance(samples: Array, real: Array) -> float:
    """Return the Frechet distance between two sets, each modelled as a normal distribution.

        |m - n|^2 + tr(A + B - 2 (A B)^1/2)

    with means m, n and covariances A, B. 0 for equal distributions.
    (Heusel et al. 2017, arXiv:1706.08500, eq. 6.)

    Args:
        samples: features (N, D), N > D.
        real: features (M, D), M > D.
    """
    means = [np.mean(each, axis=0, dtype=np.float64) for each in (samples, real)]
    a, b = (np.cov(each.T.astype(np.float64)) for each in (samples, real))
    # A B has the same eigenvalues as R A R with R = B^1/2, which is symmetric: then eigvalsh is stable.
    values, vectors = np.linalg.eigh(b)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    of_product = np.maximum(np.linalg.eigvalsh(root @ a @ root), 0)
    distance = (
        np.square(means[0] - means[1]).sum() + np.trace(a) + np.trace(b) - 2 * np.sqrt(of_product).sum()
    )
    return max(0.0, float(distance))


def recall(samples: Array, real: Array, neighbours: int = 5) -> float:
    """Return the share of real points that lie among the samples: how much of the real variety is covered.

    A point lies among the samples if it is nearer to some sample than that sample's k-th nearest other
    sample. (Kynkaanniemi et al. 2019, arXiv:1904.06991.) The result depends strongly on the number of
    samples.

    Args:
        samples: features (N, D).
        real: features (M, D).
        neighbours: k, smaller than N.
    """
    radii = np.sort(squared_distances(samples, samples), axis=1)[
        :, neighbours
    ]  # the 0-th is the sample itself
    return float((squared_distances(real, samples) < radii).any(axis=1).mean())


def effective_classes(labels: Array, classes: int) -> float:
    """Return the effective number of classes: e to the power of the entropy of the class shares.

    1 when all labels are of one class, ``classes`` when all classes are equally frequent.

    Args:
        labels: (N,), numbers from 0 to ``classes`` - 1.
        classes: the number of possible classes.
    """
    shares = np.bincount(labels, minlength=classes) / len(labels)
    some = shares[shares > 0]
    return float(np.exp(-(some * np.log(some)).sum()))


def nearest_neighbour_ratio(samples: Array, training: Array, held_out: Array) -> float:
    """Return how far samples are from the training set, relative to new real images.

    It is the median distance from a sample to its nearest training image, divided by the median distance from
    a held-out image to its nearest training image. Near 0 for copies; much above 1 for samples that resemble
    no training image.

    Args:
        samples: (N, ...), pixels.
        training: (M, ...), images of the same shape.
        held_out: (L, ...), real images that are not in ``training``.
    """
    from_samples, from_real = (
        np.sqrt(squared_distances(_rows(each), _rows(training)).min(axis=1)) for each in (samples, held_out)
    )
    return float(np.median(from_samples) / np.median(from_real))


def aligned(images: Array) -> Floats:
    """Return images centred and slightly blurred, as they are compared with training images.

    After this, a shifted copy equals the unshifted copy, and most noise on a copy is removed. Images are
    shifted by whole pixels so that the centre of mass of the ink is in the middle. They are blurred with the
    weights 1, 2, 1 along both axes. Both steps wrap around at the borders.

    Args:
        images: (N, height, width), from 0 (background) to 1 (ink).

    Returns:
        An array of the same shape.
    """
    pixels = images.astype(np.float64)
    ink = np.maximum(pixels.sum(axis=(1, 2)), 1e-9)
    height, width = pixels.shape[1:]
    down = (height - 1) / 2 - pixels.sum(axis=2) @ np.arange(height) / ink
    right = (width - 1) / 2 - pixels.sum(axis=1) @ np.arange(width) / ink
    moves = np.rint(np.stack([down, right], axis=1)).astype(int)
    moved = np.stack([np.roll(image, tuple(move), (0, 1)) for image, move in zip(pixels, moves, strict=True)])
    for axis in (1, 2):
        moved = (np.roll(moved, 1, axis) + 2 * moved + np.roll(moved, -1, axis)) / 4
    return moved


def high_frequency_share(images: Array, radius: float = 7.0) -> float:
    """Return the median, over images, of the share of power in high spatial frequencies.

    Small for blurred images, large for noisy ones. A Hann window fades out the borders before the Fourier
    transform, so that the border itself adds no high frequencies.

    Args:
        images: (N, height, width), wider and higher than ``radius`` pixels.
        radius: frequencies above this are high, in periods per image.
    """
    pixels = images.astype(np.float64)
    height, width = pixels.shape[1:]
    window = np.hanning(height)[:, np.newaxis] * np.hanning(width)
    power = np.abs(np.fft.fft2((pixels - pixels.mean(axis=(1, 2), keepdims=True)) * window)) ** 2
    rows, columns = (np.fft.fftfreq(size, 1 / size) for size in (height, width))
    high = np.hypot(rows[:, np.newaxis], columns) > radius
    total = power.sum(axis=(1, 2))
    share = power[:, high].sum(axis=1) / np.where(
        total > 0, total, 1
    )  # an image of a single grey has no power
    return float(np.median(share))


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """All metrics of one set of generated images, compared with real ones.

    Attributes:
        distance: `frechet_distance` between the judge's features of the samples and of held-out images.
        recall: `recall` of the held-out images among the samples, in the same features.
        classes: `effective_classes` of the labels that the judge gives the samples.
        novelty: `nearest_neighbour_ratio` of `aligned` images.
        detail: base-2 logarithm of the samples' `high_frequency_share` divided by that of held-out images.
            0 means equal, negative means blurred, positive means noisy. Never below -20, which stands for
            images without high frequencies.
    """

    distance: float
    recall: float
    classes: float
    novelty: float
    detail: float


def sample_figures(
    samples: Array, seen: JudgeOutput, held_out: Array, real: JudgeOutput, training: Array
) -> SampleFigures:
    """Return all metrics of a set of samples.

    Args:
        samples: (N, height, width, 1), from 0 to 1. Some metrics depend on N: compare only equal N.
        seen: the judge's output for the samples.
        held_out: (M, height, width, 1), real images that were not used for any training.
        real: the judge's output for the held-out images.
        training: (L, height, width, 1), the images that the generator was trained with.
    """
    ratio = high_frequency_share(samples[..., 0]) / high_frequency_share(held_out[..., 0])
    return SampleFigures(
        distance=frechet_distance(seen.features, real.features),
        recall=recall(seen.features, real.features),
        classes=effective_classes(seen.labels, seen.classes),
        novelty=nearest_neighbour_ratio(*(aligned(each[..., 0]) for each in (samples, training, held_out))),
        detail=max(-20.0, float(np.log2(ratio))) if ratio > 0 else -20.0,
    )


@dataclass(frozen=True, slots=True)
class RingFigures:
    """All metrics of samples from a ring of normal distributions.

    Attributes:
        modes: the number of distributions that have at least 2 % of the good samples.
        good: share of good samples: those within four standard deviations of a centre.
        effective_modes: `effective_classes` of the good samples' nearest centres.
    """

    modes: int
    good: float
    effective_modes: float


def ring_figures(points: Array, centres: Array, deviation: float) -> RingFigures:
    """Return how well points cover normal distributions around given centres.

    Args:
        points: (N, D), the samples.
        centres: (K, D), the means of the distributions.
        deviation: standard deviation of each distribution, in the unit of the points.
    """
    squared = squared_distances(points, centres)
    good = squared.min(axis=1) < (4 * deviation) ** 2
    if not good.any():
        return RingFigures(0, 0.0, 0.0)
    nearest = squared.argmin(axis=1)[good]
    counts = np.bincount(nearest, minlength=len(centres))
    modes = int((counts >= 0.02 * good.sum()).sum())
    return RingFigures(modes, float(good.mean()), effective_classes(nearest, len(centres)))


def squared_distances(a: Array, b: Array) -> Floats:
    """Return the squared Euclidean distances between rows: (N, D) and (M, D) give (N, M)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares: Floats = np.square(a).sum(axis=1)[:, np.newaxis] + np.square(b).sum(axis=1) - 2 * a @ b.T
    return np.maximum(squares, 0)


def _rows(images: Array) -> Array:
    return images.reshape(len(images), -1)
