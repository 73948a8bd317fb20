"""How good generated samples are: figures about them, and the judge whose features some figures need.

`sample_figures` gives all figures of a set of images, `ring_figures` those of points in the plane; the others
are the parts of these. What each figure tells apart: ``docs/gan-figures.md``.
"""

from autograder.checks._judge import (
    CLASSES,
    FEATURES,
    RECORD,
    Judge,
    JudgeError,
    Looked,
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
    "Looked",
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
