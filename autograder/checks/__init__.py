"""What nearly every check imports; what belongs to one topic has a module of its own.

A check is a pytest function. It asks the ``submission`` fixture for what student code returns, and states
what it expects; whatever happens on the student's side becomes a status and a message by itself.

Topics:

- `autograder.checks.layers`: the layers of a student's network
- `autograder.checks.networks`: networks and optimizers that a check gives to student code
- `autograder.checks.images`: images that are drawn again, by an autoencoder for example
- `autograder.checks.recurrent`: networks with a state
- `autograder.checks.generative`: how good generated samples are

Pictures for students are drawn with `autograder.pictures`.
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
from autograder.checks.script import Script, Step
from autograder.checks.subject import Build, BuiltModel, Call, Subject, TrainedModel
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
