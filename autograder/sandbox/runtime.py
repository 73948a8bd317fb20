"""The setup of TensorFlow inside a job, the same for workers and evaluators."""

from __future__ import annotations

import random
import sys
from typing import Final

THREADS: Final = 1
"""Number of threads that TensorFlow computes with. It never changes, because results depend on it."""


def prepare_tensorflow(seed: int) -> None:
    """Limit TensorFlow to one thread and seed every random generator.

    Two processes with the same number of threads compute bit-identical results. If the zygote has not
    imported TensorFlow, only the generators of Python and NumPy are seeded, to the same state.

    Args:
        seed: the seed for Python, NumPy and TensorFlow.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        random.seed(seed)
        if (numpy := sys.modules.get("numpy")) is not None:
            numpy.random.seed(seed)
        return
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
    sys.modules["keras"].utils.set_random_seed(seed)
