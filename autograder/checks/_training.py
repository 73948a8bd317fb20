"""A trained network, and whether its training changed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.checks.script import Step
from autograder.checks.verdict import CheckFailed, StudentFault
from autograder.models.student_model import StudentModel


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model after training, and what the training function returned.

    The model is valid even if the training function's result, such as a Keras History, may not leave the
    sandbox.

    Attributes:
        model: the trained model.
        training: the step that called the training function.
        built: the step that exported the model before the training; None if that was not done.
    """

    model: StudentModel
    training: Step
    built: Step | None = None

    @property
    def returned(self) -> Any:
        """What the training function returned.

        Raises:
            StudentFault: the result cannot be graded.
        """
        return self.training.value

    def expect_changed(self, *, hint: str = "") -> None:
        """Expect the training to have changed the model's weights.

        A stochastic check calls this in each run: a training that does nothing ends it at the first one.

        Args:
            hint: where the student should look.

        Raises:
            CheckFailed: all weights are the same as before.
            ValueError: the model was not exported before the training.
        """
        if self.built is None:
            raise ValueError("Expected an export of the model before its training.")
        try:
            start = self.built.value.weights
        except StudentFault:  # a network without weights yet, for example; then the training has made them
            return
        if len(start) == len(self.model.weights) and all(map(np.array_equal, start, self.model.weights)):
            raise CheckFailed(
                f"Expected {self.training.function} to change the network's weights. "
                "Received: the same weights as before.",
                hint or "Does it train the network that it is given, and not a copy of it?",
                any_seed=True,
            )
