"""What authors of checks import.

A check is a pytest function. It asks the ``submission`` fixture for what student code returns, and states
what it expects; whatever happens on the student's side becomes a status and a message by itself.
"""

from autograder.checks.arrays import (
    as_array,
    expect_array,
    expect_number,
    expect_numbers,
    expect_pair,
    expect_value,
    expect_weights,
)
from autograder.checks.convergence import accuracy, cross_entropy, expect_at_least, mean_probability
from autograder.checks.inside import confusion_matrix, heat_map, layer_rows, signed_tiles
from autograder.checks.judge import Judge, load_judge
from autograder.checks.layers import LayerRow, expect_layers, expect_parameters, expect_rectified
from autograder.checks.networks import layer, network, optimizer
from autograder.checks.pictures import curves, image_grid, image_rows, scatter
from autograder.checks.reconstruction import linear_code, signal_to_noise, squared_error
from autograder.checks.recurrence import (
    answers,
    cell_states,
    chooses,
    expect_letters,
    run_windows,
    run_windows_alone,
    strong_weights,
)
from autograder.checks.samples import SampleFigures, ring_figures, sample_figures, squared_distances
from autograder.checks.script import Script, Step
from autograder.checks.subject import Build, BuiltModel, Call, Subject, TrainedModel
from autograder.checks.verdict import CheckFailed, PartialCredit, StudentFault
from autograder.models.student_model import StudentModel

__all__ = [
    "Build",
    "BuiltModel",
    "Call",
    "CheckFailed",
    "Judge",
    "LayerRow",
    "PartialCredit",
    "SampleFigures",
    "Script",
    "Step",
    "StudentFault",
    "StudentModel",
    "Subject",
    "TrainedModel",
    "accuracy",
    "answers",
    "as_array",
    "cell_states",
    "chooses",
    "confusion_matrix",
    "cross_entropy",
    "curves",
    "expect_array",
    "expect_at_least",
    "expect_layers",
    "expect_letters",
    "expect_number",
    "expect_numbers",
    "expect_pair",
    "expect_parameters",
    "expect_rectified",
    "expect_value",
    "expect_weights",
    "heat_map",
    "image_grid",
    "image_rows",
    "layer",
    "layer_rows",
    "linear_code",
    "load_judge",
    "mean_probability",
    "network",
    "optimizer",
    "ring_figures",
    "run_windows",
    "run_windows_alone",
    "sample_figures",
    "scatter",
    "signal_to_noise",
    "signed_tiles",
    "squared_distances",
    "squared_error",
    "strong_weights",
]
