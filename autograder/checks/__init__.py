"""The names that nearly every check imports; each special topic has a module of its own.

A check is a pytest function. It calls student code through the ``submission`` fixture and states what it
expects. When the student's code fails, the plugin turns the exception into a status and a message.

Topics:

- `autograder.checks.layers`: the layers of a student's network
- `autograder.checks.networks`: networks and optimizers that a check gives to student code
- `autograder.checks.images`: reconstructed images, from an autoencoder for example
- `autograder.checks.recurrent`: networks with a state
- `autograder.checks.generative`: how good generated samples are

Checks draw pictures for students with `autograder.pictures`.
"""

from autograder.checks._arrays import (
    as_array,
    expect_array,
    expect_number,
    expect_numbers,
    expect_pair,
    expect_value,
    expect_weights,
)
from autograder.checks._scores import accuracy, cross_entropy, expect_at_least, mean_probability
from autograder.checks._training import TrainedModel
from autograder.checks.script import Script, Step
from autograder.checks.subject import Build, BuiltModel, Call, Subject
from autograder.checks.verdict import CheckFailed, PartialCredit, StudentFault
from autograder.models.student_model import StudentModel

__all__ = [
    "Build",
    "BuiltModel",
    "Call",
    "CheckFailed",
    "PartialCredit",
    "Script",
    "Step",
    "StudentFault",
    "StudentModel",
    "Subject",
    "TrainedModel",
    "accuracy",
    "as_array",
    "cross_entropy",
    "expect_array",
    "expect_at_least",
    "expect_number",
    "expect_numbers",
    "expect_pair",
    "expect_value",
    "expect_weights",
    "mean_probability",
]
