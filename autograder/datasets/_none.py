"""No images: for a homework whose checks make their own data from seeds."""

from __future__ import annotations

import numpy as np

from autograder.datasets._split import Dataset, Split, make_dataset


def load_none() -> Dataset:
    """Return a data set without images."""
    empty = Split(np.zeros((0, 28, 28, 1), dtype=np.float32), np.zeros(0, dtype=np.int32))
    return make_dataset("none", train=empty, test=empty)
