"""Metrics of generated samples, and the judge whose features some metrics need.

`sample_figures` returns all metrics of a set of images, `ring_figures` all metrics of points in the plane.
The other functions compute single metrics. ``docs/gan-figures.md`` says which faults each metric detects.
"""

from autograder.checks._judge import (
    CLASSES,
    FEATURES,
    RECORD,
    Judge,
    JudgeError,
    JudgeOutput,
    deviation_of,
    feature_network,
    load_judge,
)
from autograder.checks._samples import (
    RingFigures,
    SampleFigures,
    aligned,
    effective_classes,
    frechet_distance,
    high_frequency_share,
    nearest_neighbour_ratio,
    recall,
    ring_figures,
    sample_figures,
    squared_distances,
)

__all__ = [
    "CLASSES",
    "FEATURES",
    "RECORD",
    "Judge",
    "JudgeError",
    "JudgeOutput",
    "RingFigures",
    "SampleFigures",
    "aligned",
    "deviation_of",
    "effective_classes",
    "feature_network",
    "frechet_distance",
    "high_frequency_share",
    "load_judge",
    "nearest_neighbour_ratio",
    "recall",
    "ring_figures",
    "sample_figures",
    "squared_distances",
]
