"""A student's network as the grader sees it: validated configuration, weights, and what a rebuild computes.

The student's own object, with whatever methods it overrides, never leaves the worker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograder.models.config import ModelConfig, RefusedModel, validate_model
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Evaluate, Raised, Refused, Returned, RunSequences
from autograder.sandbox.runner import EndKind, Job, Reply

Run = Callable[[Job], Reply]
"""Runs a job: `autograder.sandbox.runner.Runner.run`."""

_LIMITS: Final = Limits(cpu_seconds=30)


class EvaluatorError(RuntimeError):
    """A model that was allowed could not be run: for staff to look at, not a student's zero."""


@dataclass(frozen=True, slots=True)
class LayerView:
    """One layer of the rebuilt model; ``output_shape`` is without the batch axis."""

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a model computes on some inputs.

    Attributes:
        outputs: of the whole model, one row an input.
        layers: its layers in order, see `StudentModel.layers`.
        activations: output of each layer by name; empty unless asked for.
    """

    outputs: NDArray[Any]
    layers: tuple[LayerView, ...]
    activations: dict[str, NDArray[Any]]


class StudentModel:
    """A model that a student's code built.

    Args:
        exported: what the worker claims: ``config`` and ``weights``.
        run: runs the evaluator's jobs.

    Raises:
        RefusedModel: the configuration is not allowed, or a weight is not finite.
    """

    def __init__(self, exported: Any, run: Run) -> None:
        match exported:
            case {"config": str(text), "weights": list(weights)} if all(
                isinstance(w, np.ndarray) for w in weights
            ):
                self.config: ModelConfig = validate_model(_parse(text))
                self.weights: tuple[NDArray[Any], ...] = tuple(weights)
            case _:
                raise RefusedModel("Expected a model's configuration and weights. Received: something else.")
        if not all(np.isfinite(weight).all() for weight in self.weights):
            raise RefusedModel(
                "Expected finite weights. Received: NaN or infinity; did the training diverge?"
            )
        self._run = run

    @cached_property
    def layers(self) -> tuple[LayerView, ...]:
        """The layers in order, without the input layer. Raises `RefusedModel` as `evaluate` does."""
        return _layers(self._run_evaluator(self._evaluation(None, layers=False)))

    def evaluate(self, inputs: NDArray[Any], *, layers: bool = False) -> Evaluation:
        """Run a rebuild of the model on ``inputs`` in a confined process without student code.

        Args:
            inputs: one row an input; never labels.
            layers: return every layer's activations too.

        Raises:
            RefusedModel: the model is for other inputs, or too large.
            EvaluatorError: it cannot be run for a reason of ours.
        """
        self._expect_inputs(inputs.shape)
        batch = self.config.input_shape[0]
        if batch is not None and len(inputs) % batch:
            raise RefusedModel(f"Expected a model for any number of inputs. Received: for {batch} at a time.")
        value = self._run_evaluator(self._evaluation(inputs, layers=layers))
        outputs = value["outputs"]
        if len(outputs) != len(inputs) or not np.isfinite(outputs).all():
            raise RefusedModel("Expected one row of finite outputs for each input. Received: something else.")
        return Evaluation(outputs, _layers(value), value["activations"])

    def run_sequences(self, sequences: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Run a rebuild of a recurrent model on sequences, each from a state of zeros.

        Args:
            sequences: arrays (S, B, ...): S batches of the size that the model is for. Where a layer keeps
                its state, row b of a batch goes on where row b of the batch before ended.

        Returns:
            An array (S, B, ...) of outputs for each sequence.

        Raises:
            RefusedModel: the model is for other batches, or too large.
            EvaluatorError: it cannot be run for a reason of ours.
        """
        for sequence in sequences:
            self._expect_inputs(sequence.shape[1:])
            if self.config.input_shape[0] not in (None, sequence.shape[1]):
                raise RefusedModel(
                    f"Expected a model for {sequence.shape[1]} sequences at a time. "
                    f"Received: for {self.config.input_shape[0]}."
                )
        request = RunSequences(self.config.canonical, list(self.weights), list(sequences))
        outputs: list[NDArray[Any]] = self._run_evaluator(request)["outputs"]
        for sequence, output in zip(sequences, outputs, strict=True):
            if output.shape[:2] != sequence.shape[:2] or not np.isfinite(output).all():
                raise RefusedModel(
                    "Expected one row of finite outputs for each input. Received: something else."
                )
        return outputs

    def with_weights(self, weights: Sequence[NDArray[Any]]) -> StudentModel:
        """Return a model of the same layers with other weights, in the order and shapes of ``weights``."""
        other = copy(self)
        vars(other).pop("layers", None)
        other.weights = tuple(weights)
        return other

    def _expect_inputs(self, given: tuple[int, ...]) -> None:
        """Expect the model to take batches of this shape; their size is not looked at."""
        wanted = self.config.input_shape
        if len(wanted) != len(given) or any(
            size is not None and size != one for size, one in zip(wanted[1:], given[1:], strict=True)
        ):
            raise RefusedModel(f"Expected a model for inputs of shape {given[1:]}. Received: {wanted[1:]}.")

    def _evaluation(self, inputs: NDArray[Any] | None, *, layers: bool) -> Evaluate:
        """Return the request to run this model."""
        return Evaluate(self.config.canonical, list(self.weights), inputs, layers)

    def _run_evaluator(self, request: Evaluate | RunSequences) -> dict[str, Any]:
        """Run the evaluator; return what it found. It runs our code, but on a student's numbers."""
        reply = self._run(Job(request, _LIMITS))
        match reply.outcomes:
            case [Returned(_, dict(value))] if not reply.malformed:
                return value
            case [Refused(_, refusal)]:
                raise RefusedModel(str(refusal))
            case [Raised(kind="MemoryError" | "ResourceExhaustedError")]:
                raise RefusedModel("The model is too large to be run here (memory).")
        if reply.malformed:  # the evaluator's messages are ours, so they can only be too many
            raise RefusedModel(
                f"The outputs of its layers are too large to be looked at ({reply.malformed})."
            )
        if reply.ending is not None and reply.ending.kind in (EndKind.CPU, EndKind.WALL, EndKind.MEMORY):
            raise RefusedModel(f"The model is too large to be run here ({reply.ending.kind} limit).")
        raise EvaluatorError(f"A validated model could not be run: {reply.outcomes or reply.ending}")


def _parse(text: str) -> Any:
    """Return a configuration's JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedModel("Expected a model's configuration as JSON. Received: something else.") from error


def _layers(value: dict[str, Any]) -> tuple[LayerView, ...]:
    """Return the evaluator's description of the layers."""
    return tuple(
        LayerView(layer["name"], layer["kind"], tuple(layer["output_shape"]), layer["parameters"])
        for layer in value["layers"]
    )
