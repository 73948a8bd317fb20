"""Measure how reliably the letters that `generate` returns distinguish right functions from wrong ones.

Run: ``python benchmarks/rnn_letters.py [--rounds N]`` in an environment with the extra ``tf``.

The check `generate_follows_the_network` draws the network's weights from the course's secret. So all students
of a course are judged with the same network, and each course has another network. For each recurrent layer,
the program prints in how many courses the reference fails (it should be none), and in how many courses each
known wrong function passes.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rnn_losses import SOLUTION, Network, build, loaded

from autograder.authoring.specimens import specimens
from autograder.checks import CheckFailed
from autograder.homework import Course

_SOLUTION = Path(__file__).parent.parent / "solutions" / "rnn"
sys.path.append(str(_SOLUTION))  # the checks import helper modules from their own folder
_CHECKS = loaded("test_hidden_network_generate")
_LETTERS = 7
_SIZES = (1, 1, _LETTERS, 6, _LETTERS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="courses for each kind of layer")
    rounds = parser.parse_args().rounds
    functions = wrong_functions()
    reference = loaded("rnn").generate
    for layer in ("LSTM", "GRU", "SimpleRNN"):
        first, failed, passed = Network(build(layer, _SIZES)), 0, collections.Counter[str]()
        for course in range(rounds):
            rng = np.random.default_rng(course)
            network = _CHECKS.most_attentive(first, rng)
            failed += not passes(network, reference)
            passed.update(name for name, function in functions.items() if passes(network, function))
        found = ", ".join(f"{name} {count}" for name, count in passed.most_common()) or "none"
        print(
            f"{layer:10} {rounds} courses: the reference failed in {failed}; passed wrongly: {found}",
            flush=True,
        )


def wrong_functions() -> dict[str, Callable[[Network, list[int], int], object]]:
    """Return name of a wrong solution → its function ``generate``."""
    known = [one for one in specimens(Course.find(SOLUTION).homework("rnn")) if "generate_" in one.name]
    with tempfile.TemporaryDirectory() as folder:
        return {one.name: loaded("rnn", one.lay_out(Path(folder))).generate for one in known}


def passes(network: Network, generate: Callable[[Network, list[int], int], object]) -> bool:
    """Return whether a function passes the check."""
    network.model.set_weights(network.weights)
    network.model.layers[0].reset_states()
    returned = [generate(network, start, _CHECKS.LENGTH) for start in _CHECKS.STARTS]
    try:
        calls = [
            (start, _CHECKS.expect_letters(each, _CHECKS.LENGTH, _LETTERS, start))
            for start, each in zip(_CHECKS.STARTS, returned, strict=True)
        ]
    except CheckFailed:
        return False
    return bool(_CHECKS.follows(network, calls))


if __name__ == "__main__":
    main()
