"""How good generated samples are, as numbers: fidelity, coverage and copying.

No single one tells all failures apart. Frechet distance and recall look at features of a classifier, which
hardly see blur or noise; the nearest neighbour's distance sees copies, the high-frequency share blur and
noise. All depend on how many samples there are, so a check keeps that number fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks._judge import Looked

Array = NDArray[Any]
Floats = NDArray[np.float64]


def frechet_distance(samples: Array, real: Array) -> float:
    """Return the Frechet distance between two sets, each taken for a normal distribution.

        |m - n|^2 + tr(A + B - 2 (A B)^1/2)

    with means m, n and covariances A, B. 0 for equal ones. (Heusel et al. 2017, arXiv:1706.08500, eq. 6.)

    Args:
        samples: features (N, D), N > D.
        real: features (M, D), M > D.
    """
    means = [np.mean(each, axis=0, dtype=np.float64) for each in (samples, real)]
    a, b = (np.cov(each.T.astype(np.float64)) for each in (samples, real))
    # A B has the eigenvalues of the symmetric R A R with R = B^1/2, which eigvalsh finds without trouble.
    values, vectors = np.linalg.eigh(b)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    of_product = np.maximum(np.linalg.eigvalsh(root @ a @ root), 0)
    distance = (
        np.square(means[0] - means[1]).sum() + np.trace(a) + np.trace(b) - 2 * np.sqrt(of_product).sum()
    )
    return max(0.0, float(distance))


def recall(samples: Array, real: Array, neighbours: int = 5) -> float:
    """Return the share of real points that lie among the samples: how much of the real variety there is.

    A point lies among them if it is nearer to some sample than that sample's k-th nearest other sample.
    (Kynkaanniemi et al. 2019, arXiv:1904.06991.) It depends strongly on the number of samples.

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
    """Return how many classes there are, counted by their shares: e to the entropy of the class shares.

    1 when all are of one class, ``classes`` when each is as frequent as any other.

    Args:
        labels: (N,), numbers from 0 to ``classes`` - 1.
        classes: how many there could be.
    """
    shares = np.bincount(labels, minlength=classes) / len(labels)
    some = shares[shares > 0]
    return float(np.exp(-(some * np.log(some)).sum()))


def nearest_neighbour_ratio(samples: Array, training: Array, held_out: Array) -> float:
    """Return how far samples are from the training set, in units of what is usual for new real images.

    The median distance from a sample to the nearest training image, divided by the median distance from a
    held-out image to it. Near 0 for copies; much above 1 for what looks like none of them.

    Args:
        samples: (N, ...), pixels.
        training: (M, ...), of the same shape each.
        held_out: (L, ...), real ones that are not among ``training``.
    """
    from_samples, from_real = (
        np.sqrt(squared_distances(_rows(each), _rows(training)).min(axis=1)) for each in (samples, held_out)
    )
    return float(np.median(from_samples) / np.median(from_real))


def aligned(images: Array) -> Floats:
    """Return images as they are compared with training images: ink in the middle, and a little blurred.

    A copy that was moved is then the copy itself, and noise on it is mostly gone. By whole pixels, and by
    weights 1, 2, 1 along both axes; at the borders the canvas continues on the other side.

    Args:
        images: (N, height, width), from 0 for paper to 1 for ink.
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
    """Return the median share of an image's power that lies in high spatial frequencies.

    Small for blurred images, large for noisy ones. The edges are faded out (Hann window) before the Fourier
    transform, so what touches them does not count as an edge.

    Args:
        images: (N, height, width), an image more than ``radius`` pixels wide.
        radius: frequencies beyond it are high, in periods per image.
    """
    pixels = images.astype(np.float64)
    height, width = pixels.shape[1:]
    window = np.hanning(height)[:, np.newaxis] * np.hanning(width)
    power = np.abs(np.fft.fft2((pixels - pixels.mean(axis=(1, 2), keepdims=True)) * window)) ** 2
    rows, columns = (np.fft.fftfreq(size, 1 / size) for size in (height, width))
    high = np.hypot(rows[:, np.newaxis], columns) > radius
    total = power.sum(axis=(1, 2))
    share = power[:, high].sum(axis=1) / np.where(total > 0, total, 1)  # an image of one grey has none
    return float(np.median(share))


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """What generated images are like, beside real ones.

    Attributes:
        distance: `frechet_distance` of the judge's features to those of held-out images.
        recall: `recall` of the held-out images among the samples, in the same features.
        classes: `effective_classes` of what the judge takes the samples for.
        novelty: `nearest_neighbour_ratio` of `aligned` images.
        detail: base-2 logarithm of `high_frequency_share`, divided by that of held-out images: 0 is
            theirs, below it images are blurred, above it noisy. At least -20, for images without any.
    """

    distance: float
    recall: float
    classes: float
    novelty: float
    detail: float


def sample_figures(
    samples: Array, seen: Looked, held_out: Array, real: Looked, training: Array
) -> SampleFigures:
    """Return all figures of a set of samples.

    Args:
        samples: (N, height, width, 1), from 0 to 1; N as always, because some figures depend on it.
        seen: what the judge sees in them.
        held_out: (M, height, width, 1), real images that nobody trained with.
        real: what the judge sees in these.
        training: (L, height, width, 1), what the generator was trained with.
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
    """What samples of a ring of normal distributions are like.

    Attributes:
        modes: how many of the distributions have at least 2 % of the good samples.
        good: share of samples within four standard deviations of a centre.
        effective_modes: `effective_classes` of the good samples' nearest centres.
    """

    modes: int
    good: float
    effective_modes: float


def ring_figures(points: Array, centres: Array, deviation: float) -> RingFigures:
    """Return how well points cover normal distributions around some centres.

    Args:
        points: (N, D).
        centres: (K, D).
        deviation: standard deviation of each distribution.
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
    """Return squared Euclidean distances between rows: (N, D) and (M, D) give (N, M)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares: Floats = np.square(a).sum(axis=1)[:, np.newaxis] + np.square(b).sum(axis=1) - 2 * a @ b.T
    return np.maximum(squares, 0)


def _rows(images: Array) -> Array:
    return images.reshape(len(images), -1)
