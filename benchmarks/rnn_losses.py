"""Measure how reliably the losses of two epochs show the order of the batches and the initial state.

Run: ``python benchmarks/rnn_losses.py [--rounds N]`` in an environment with the extra ``tf``.

The checks of the RNN homework compare the losses that a student's training returns with the losses of the
same network without training (`PossibleLosses`). The optimizer's steps change the losses a little. For each
recurrent layer and each optimizer, the program prints the median and the extreme of three numbers:

1. *order*: the distance of a right training's first loss from the predicted right loss. It is a share of the
   gap between the right loss and the nearest wrong loss. Above `PossibleLosses.TOLERANCE`, correct work
   fails.
2. *from zeros*: the position of a right training's second loss between two predictions. 0 is the prediction
   for an epoch that starts from a zero state; 1 is the prediction for an epoch that starts from the state
   after the first epoch. Both predictions use the network in the middle of the second epoch. Above
   `PossibleLosses.NEARER`, correct work fails.
3. *never reset*: the same position for a training whose second epoch starts from the state after the first
   epoch. Below `PossibleLosses.NEARER`, wrong work passes.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import tensorflow as tf

Array = NDArray[Any]
SOLUTION = Path(__file__).parent.parent / "solutions" / "rnn"
_LAYERS = ("LSTM", "GRU", "SimpleRNN")
_OPTIMIZERS = (("Adam", 1e-2), ("Adam", 3e-2), ("RMSprop", 1e-2), ("SGD", 1.0))


def loaded(name: str, folder: Path = SOLUTION) -> ModuleType:
    """Return a module of the RNN homework's solution, or of another folder."""
    path = folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_CHECKS, _REFERENCE = loaded("test_hidden_training"), loaded("rnn")


class Network:
    """A Keras network in this process that both the checks and a student's functions can use."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.layers = model, model.layers
        self.input_shape, self.output_shape = model.input_shape, model.output_shape
        self.config = SimpleNamespace(input_shape=model.input_shape)
        self.weights: list[Array] = model.get_weights()
        # Compiled to a graph: the same numbers, 20 times as fast.
        self._run = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)

    def __call__(self, batch: Array, *, training: bool) -> tf.Tensor:
        """Return the outputs for a batch; the layers keep their state."""
        assert not training
        return self._run(tf.constant(batch, "float32"))

    def with_weights(self, weights: list[Array]) -> Network:
        """Return a network of the same layers with other weights."""
        other = copy.copy(self)
        other.weights = weights
        return other

    def run_sequences(self, sequences: Sequence[Array]) -> list[Array]:
        """Return the outputs for consecutive windows; the state is zero at the start of each sequence."""
        self.model.set_weights(self.weights)
        outputs = []
        for sequence in sequences:
            self.model.layers[0].reset_states()
            outputs.append(np.stack([self(batch, training=False).numpy() for batch in sequence]))
        return outputs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="seeds of each kind")
    rounds = parser.parse_args().rounds
    print(f"{'':27}order       from zeros  never reset   correct failed, wrong passed")
    for layer, (optimizer, rate) in itertools.product(_LAYERS, _OPTIMIZERS):
        model = build(layer, _CHECKS.SIZES)
        found = np.array([measured(model, optimizer, rate, seed) for seed in range(rounds)])
        _report(f"{layer:10} {optimizer:8} {rate:<7}", found)


def _report(name: str, found: Array) -> None:
    """Print the three numbers of one layer and optimizer, and how often the checks decide wrongly.

    ``found`` has shape (rounds, 3).
    """
    order, zeros, never = found.T
    possible = _CHECKS.PossibleLosses
    failed = int(((order > possible.TOLERANCE) | (zeros > possible.NEARER)).sum())
    passed = int((never < possible.NEARER).sum())
    pairs = [(order, np.max(order)), (zeros, np.max(zeros)), (never, np.min(never))]
    figures = "  ".join(f"{np.median(each):+.2f} {extreme:+.2f}" for each, extreme in pairs)
    print(f"{name}{figures}  {failed} of {len(found)}, {passed} of {len(found)}", flush=True)


def build(layer: str, sizes: tuple[int, ...]) -> keras.Model:
    """Return a stateful network as the homework specifies it."""
    batch_size, window, features, units, outputs = sizes
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, window, features)),
            getattr(keras.layers, layer)(units, return_sequences=True, stateful=True),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )


def measured(model: keras.Model, optimizer: str, rate: float, seed: int) -> list[float]:
    """Return the three numbers of one network, see the module's description."""
    losses = _CHECKS.PossibleLosses(Network(model), seed)
    rows, labels = np.concatenate(losses.windows), np.concatenate(losses.targets)

    def trained(*, resets: bool) -> tuple[float, float]:
        """Train for two epochs; return the first loss, and the position of the second loss."""
        model.set_weights(losses.weights)
        model.compile(getattr(keras.optimizers, optimizer)(rate), "sparse_categorical_crossentropy")
        found: list[float] = []
        _REFERENCE.reset_state(model)
        for _ in range(2):
            if resets:
                _REFERENCE.reset_state(model)
            history = model.fit(rows, labels, batch_size=_CHECKS.SIZES[0], shuffle=False, verbose=0)
            found += history.history["loss"]
        right, wrong = losses.of_second_epoch(Network(model))
        return found[0], (found[1] - right) / (wrong - right)

    first, second = trained(resets=True)
    order = abs(first - losses.right) / losses.gap
    return [order, second, trained(resets=False)[1]]


if __name__ == "__main__":
    main()
