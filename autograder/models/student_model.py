"""A student's network in the grader: validated configuration, weights, and outputs of a rebuilt model.

The student's own object, which may override methods, never leaves the worker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograder.models.config import ModelConfig, ModelNotRun, NotFinite, RefusedModel, validate_model
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Evaluate, Raised, Refused, Returned, RunSequences
from autograder.sandbox.runner import EndKind, Job, Reply

Run = Callable[[Job], Reply]
"""Runs a job: `autograder.sandbox.runner.Runner.run`."""

_LIMITS: Final = Limits(cpu_seconds=30)
_NO_FINITE_ROWS: Final = "Expected one row of finite outputs for each input. Received: something else."


class EvaluatorError(RuntimeError):
    """A validated model could not be run: a fault of the grader that goes to staff, never a zero."""


@dataclass(frozen=True, slots=True)
class LayerView:
    """One layer of the rebuilt model.

    Attributes:
        name: the layer's name.
        kind: Keras's name of the class, such as ``Conv2D``.
        output_shape: the shape of its output without the batch axis.
        parameters: the number of its weights.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of running a model on some inputs.

    Attributes:
        outputs: the model's outputs, one row for each input.
        layers: the model's layers in order, see `StudentModel.layers`.
        activations: layer name → its output; empty unless requested.
    """

    outputs: NDArray[Any]
    layers: tuple[LayerView, ...]
    activations: dict[str, NDArray[Any]]


class StudentModel:
    """A model that a student's code built.

    Args:
        exported: a dictionary with ``config`` and ``weights``, as the worker sent it; not validated.
        run: runs the evaluator's jobs.
        ours: whether it is a network of a check's own. Then a limit is the grader's fault.
        of_reference: whether it is the reference's. Then whatever goes wrong is the grader's fault.

    Attributes:
        config: the validated configuration.
        weights: the weights in Keras's order.

    Raises:
        RefusedModel: the configuration is not allowed, or a weight is not finite.
    """

    def __init__(self, exported: Any, run: Run, *, ours: bool = False, of_reference: bool = False) -> None:
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
        self._ours = ours or of_reference
        self._of_reference = of_reference

    @cached_property
    def layers(self) -> tuple[LayerView, ...]:
        """The layers in order, without the input layer.

        Raises:
            RefusedModel: the model is too large.
            EvaluatorError: the model could not be run because of a fault of the grader.
        """
        with self._blamed():
            return _layers(self._run_evaluator(self._evaluation(None, layers=False)))

    def evaluate(self, inputs: NDArray[Any], *, layers: bool = False) -> Evaluation:
        """Run the rebuilt model on ``inputs`` in a confined process without student code.

        Args:
            inputs: one row for each input; never labels.
            layers: also return the activations of every layer.

        Raises:
            RefusedModel: the model takes other inputs, is too large, or has outputs that are not finite.
            EvaluatorError: the model could not be run because of a fault of the grader.
        """
        with self._blamed():
            return self._evaluated(inputs, layers)

    def _evaluated(self, inputs: NDArray[Any], layers: bool) -> Evaluation:
        """Run the rebuilt model, see `evaluate`."""
        self._expect_inputs(inputs.shape)
        batch = self.config.input_shape[0]
        if batch is not None and len(inputs) % batch:
            raise RefusedModel(f"Expected a model for any number of inputs. Received: for {batch} at a time.")
        value = self._run_evaluator(self._evaluation(inputs, layers=layers))
        outputs = value["outputs"]
        _expect_rows(outputs, inputs, 1)
        return Evaluation(outputs, _layers(value), value["activations"])

    def run_sequences(self, sequences: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Run the rebuilt recurrent model on sequences; the state is zero at the start of each sequence.

        Args:
            sequences: arrays (S, B, ...): S batches of B rows, B being the model's batch size. In a stateful
                layer, row b of a batch continues from the state after row b of the previous batch.

        Returns:
            An array (S, B, ...) of outputs for each sequence.

        Raises:
            RefusedModel: the model takes other batches, is too large, or has outputs that are not finite.
            EvaluatorError: the model could not be run because of a fault of the grader.
        """
        with self._blamed():
            return self._run_in_order(sequences)

    def _run_in_order(self, sequences: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Run the rebuilt model on sequences, see `run_sequences`."""
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
            _expect_rows(output, sequence, 2)
        return outputs

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """Turn a refusal of the reference's network into a fault of the grader."""
        try:
            yield
        except RefusedModel as error:
            if self._of_reference:
                raise EvaluatorError(f"A network of the reference could not be run: {error}") from error
            raise

    def with_weights(self, weights: Sequence[NDArray[Any]]) -> StudentModel:
        """Return a model with the same layers and other weights.

        Args:
            weights: the new weights, in the order and shapes of the attribute ``weights``.
        """
        other = copy(self)
        vars(other).pop("layers", None)
        other.weights = tuple(weights)
        return other

    def _expect_inputs(self, given: tuple[int, ...]) -> None:
        """Expect the model to take batches of this shape; the batch size is not checked."""
        wanted = self.config.input_shape
        if len(wanted) != len(given) or any(
            size is not None and size != one for size, one in zip(wanted[1:], given[1:], strict=True)
        ):
            raise RefusedModel(f"Expected a model for inputs of shape {given[1:]}. Received: {wanted[1:]}.")

    def _evaluation(self, inputs: NDArray[Any] | None, *, layers: bool) -> Evaluate:
        """Return the request to run this model."""
        return Evaluate(self.config.canonical, list(self.weights), inputs, layers)

    def _run_evaluator(self, request: Evaluate | RunSequences) -> dict[str, Any]:
        """Run the evaluator, which contains no student code, on a student's model; return its result."""
        reply = self._run(Job(request, _LIMITS))
        match reply.outcomes:
            case [Returned(_, dict(value))] if reply.malformed is None:
                return value
            case [Refused(_, refusal)]:
                raise RefusedModel(str(refusal))
            case [Raised(kind="MemoryError" | "ResourceExhaustedError")]:
                raise RefusedModel("The model is too large to be run here (memory).")
        if reply.malformed is not None:
            # No student code writes these messages, so they can only be too large.
            raise RefusedModel(
                f"The outputs of its layers are too large to be looked at ({reply.malformed})."
            )
        if reply.ending is not None and reply.ending.kind is EndKind.BUDGET:
            raise ModelNotRun(f"The network was not checked, because no time was left. {reply.note}")
        if self._ours:
            raise EvaluatorError(f"A network of ours could not be run: {reply.outcomes or reply.ending}")
        if reply.ending is not None and reply.ending.kind in (EndKind.CPU, EndKind.IDLE, EndKind.MEMORY):
            raise RefusedModel(f"The model is too large to be run here ({reply.ending.kind} limit).")
        raise EvaluatorError(f"A validated model could not be run: {reply.outcomes or reply.ending}")


def _expect_rows(outputs: NDArray[Any], inputs: NDArray[Any], axes: int) -> None:
    """Expect finite outputs for each input; the inputs' first axes count them."""
    if outputs.shape[:axes] != inputs.shape[:axes]:
        raise RefusedModel(_NO_FINITE_ROWS)
    if not np.isfinite(outputs).all():
        raise NotFinite(_NO_FINITE_ROWS)


def _parse(text: str) -> Any:
    """Return a configuration, parsed from its JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedModel("Expected a model's configuration as JSON. Received: something else.") from error


def _layers(value: dict[str, Any]) -> tuple[LayerView, ...]:
    """Return the layers from the evaluator's result."""
    return tuple(
        LayerView(layer["name"], layer["kind"], tuple(layer["output_shape"]), layer["parameters"])
        for layer in value["layers"]
    )
