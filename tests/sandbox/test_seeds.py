"""The random generators of a job."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

from autograder.sandbox.runtime import prepare_tensorflow


def test_seeds_hold_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Keras would set them: a module that needs only NumPy draws the same numbers in either process."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - what students may use
    try:
        prepare_tensorflow(7)
        assert random.random() == random.Random(7).random()
        assert np.random.random() == np.random.RandomState(7).random()  # noqa: NPY002
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
