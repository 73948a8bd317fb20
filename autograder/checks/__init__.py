"""What authors of checks import.

A check is a pytest function. It asks the ``submission`` fixture for what student code returns, and states
what it expects; whatever happens on the student's side becomes a status and a message by itself.
"""

from autograder.checks.arrays import expect_array, expect_numbers, expect_pair, expect_value
from autograder.checks.convergence import accuracy, cross_entropy, expect_at_least, mean_probability
from autograder.checks.layers import LayerRow, expect_layers, expect_parameters, expect_rectified
from autograder.checks.pictures import curves, image_grid, image_rows, scatter
from autograder.checks.recurrence import (
    answers,
    chooses,
    expect_letters,
    run_windows,
    run_windows_alone,
    strong_weights,
)
from autograder.checks.script import Script, Step
from autograder.checks.subject import Build, BuiltModel, Call, Subject, TrainedModel
from autograder.checks.verdict import CheckFailed, PartialCredit, StudentFault

__all__ = [
    "Build",
    "BuiltModel",
    "Call",
    "CheckFailed",
    "LayerRow",
    "PartialCredit",
    "Script",
    "Step",
    "StudentFault",
    "Subject",
    "TrainedModel",
    "accuracy",
    "answers",
    "chooses",
    "cross_entropy",
    "curves",
    "expect_array",
    "expect_at_least",
    "expect_layers",
    "expect_letters",
    "expect_numbers",
    "expect_pair",
    "expect_parameters",
    "expect_rectified",
    "expect_value",
    "image_grid",
    "image_rows",
    "mean_probability",
    "run_windows",
    "run_windows_alone",
    "scatter",
    "strong_weights",
]
