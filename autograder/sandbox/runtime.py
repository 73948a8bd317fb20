"""How TensorFlow is set up inside a job, the same way for workers and evaluators."""

from __future__ import annotations

import sys
from typing import Final

THREADS: Final = 1
"""That TensorFlow computes with: results depend on their number to the last bit, so it never changes."""


def prepare_tensorflow(seed: int) -> None:
    """Pin the threads to one and seed every generator.

    With the same thread count two processes agree to the last bit; with another they do not. Where the
    zygote has not imported TensorFlow there is nothing to prepare.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
    sys.modules["keras"].utils.set_random_seed(seed)
