"""Every way a job can end, told to the student as a status and a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checks import CheckFailed, StudentFault, TrainedModel
from autograder.checks.replies import Replies
from autograder.checks.subject import Build, Call, Subject
from autograder.homework import HomeworkLimits
from autograder.result import CheckStatus
from autograder.sandbox.protocol import Call as Called
from autograder.sandbox.protocol import Missing, Outcome, Raised, Refused, Returned, Setup
from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runner import Ending, EndKind, Job, Reply

IMPORTED = Returned(-1)
DONE = Ending(EndKind.EXITED, 0, 0.5, 0.5, 1000)


class Runner:
    """Gives prepared replies, and counts what it was asked."""

    def __init__(self, answer: Callable[[Job], Reply] | Reply) -> None:
        self.answer = answer
        self.jobs: list[Job] = []

    def run(self, job: Job) -> Reply:
        self.jobs.append(job)
        return self.answer(job) if callable(self.answer) else self.answer


def subject(runner: Runner) -> Subject:
    return Subject({"cnn.py": "x = 1"}, "cnn", 7, HomeworkLimits(), Replies(runner))


def reply(*outcomes: Outcome, ending: Ending = DONE, malformed: str | None = None) -> Reply:
    return Reply([IMPORTED, *outcomes], ending=ending, malformed=malformed)


def fault(answer: Reply) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        subject(Runner(answer)).call("conv2d")
    return caught.value


def raised(step: int = 0, kind: str = "ValueError", message: str = "bad", **fields: Any) -> Raised:
    return Raised(step, kind, message, **{"line": 12} | fields)


def setup(job: Job) -> Setup:
    assert isinstance(job.request, Setup)
    return job.request


def calls(runner: Runner) -> list[Called]:
    [job] = runner.jobs
    return [step for step in job.steps if isinstance(step, Called)]


def test_an_exception_gets_the_hint_of_the_check() -> None:
    """An exception that has its own hint keeps it, and a stub gets none."""
    for message, hint in ((raised(), "Which axis?"), (raised(kind="EOFError"), "Is there an input()?")):
        with pytest.raises(StudentFault) as caught:
            subject(Runner(reply(message))).calls("conv2d", [Call()], hint="Which axis?")
        assert caught.value.hint.startswith(hint)
    with pytest.raises(StudentFault) as caught:
        subject(Runner(reply(raised(not_implemented=True)))).calls("conv2d", [Call()], hint="Which axis?")
    assert caught.value.hint == ""


def test_calls_return_what_came_back_in_order() -> None:
    runner = Runner(reply(Returned(0, 1), Returned(1, 2)))
    assert subject(runner).calls("f", [Call((1,)), Call((2,), {"k": 3})]) == [1, 2]
    assert [step.args for step in calls(runner)] == [[1], [2]]
    assert calls(runner)[1].kwargs == {"k": 3}


@pytest.mark.parametrize(
    ("message", "status", "words"),
    [
        (raised(), CheckStatus.ERROR, "conv2d raised ValueError in line 12 of cnn.py: bad"),
        (raised(line=None), CheckStatus.ERROR, "conv2d raised ValueError: bad"),
        (raised(not_implemented=True), CheckStatus.NOT_ATTEMPTED, "conv2d is not written yet."),
        (raised(kind="MemoryError", out_of_memory=True), CheckStatus.OUT_OF_MEMORY, "raised MemoryError"),
        (Refused(0, Refusal(Reason.OBJECT_TYPE, "set")), CheckStatus.REFUSED, "of type set"),
        (
            Missing(0, ("conv_2d", "main")),
            CheckStatus.ERROR,
            "Expected a function named conv2d in cnn.py. Received: conv_2d, main.",
        ),
    ],
)
def test_what_a_function_did_instead_of_returning(message: Any, status: CheckStatus, words: str) -> None:
    found = fault(reply(message))
    assert found.status is status
    assert words in found.message


@pytest.mark.parametrize(
    ("kind", "code", "status", "words"),
    [
        (
            EndKind.CPU,
            -9,
            CheckStatus.TIMEOUT,
            "stopped because it computed for 11 seconds, which is more than it may.",
        ),
        (
            EndKind.IDLE,
            -9,
            CheckStatus.TIMEOUT,
            "stopped because it waited for too long without computing anything.",
        ),
        (EndKind.MEMORY, -9, CheckStatus.OUT_OF_MEMORY, "because it used 2.1 GB of memory, which"),
        (EndKind.DISK, -9, CheckStatus.CRASHED, "too many or too large files"),
        (EndKind.THREADS, -9, CheckStatus.CRASHED, "too many threads"),
        (EndKind.FLOOD, -9, CheckStatus.CRASHED, "printed more than 64 MB"),
        (
            EndKind.UNWATCHED,
            -9,
            CheckStatus.CRASHED,
            "stopped when its memory could not be measured any more",
        ),
        (EndKind.SIGNAL, -11, CheckStatus.CRASHED, "crashed the Python process (signal 11)"),
        (
            EndKind.EXITED,
            0,
            CheckStatus.CRASHED,
            "ended the Python process (exit code 0) instead of returning",
        ),
    ],
)
def test_how_the_process_ended_decides_the_status(
    kind: EndKind, code: int, status: CheckStatus, words: str
) -> None:
    found = fault(reply(ending=Ending(kind, code, 11.0, 33.0, 2_100_000_000)))
    assert found.status is status
    assert found.message.startswith("conv2d ")
    assert words in found.message


def test_a_stream_cut_short_is_refused() -> None:
    """The message says why it was cut."""
    found = fault(reply(malformed="more than 64 MB of results"))
    assert (found.status, found.message) == (
        CheckStatus.REFUSED,
        "conv2d sent more than 64 MB of results, which cannot be graded.",
    )


def test_a_failed_import_is_tried_once() -> None:
    runner = Runner(Reply(ending=Ending(EndKind.CPU, -9, 11.0, 11.0, 0)))
    student = subject(runner)
    for function in ("conv2d", "max_pool2d"):
        with pytest.raises(StudentFault, match=r"importing cnn\.py was stopped") as caught:
            student.call(function)
        assert caught.value.status is CheckStatus.TIMEOUT
    assert len(runner.jobs) == 1


@pytest.mark.parametrize(
    "message",
    [
        raised(kind="K" * 100_000, message="\x1b[31m" + "m" * 100_000),
        Missing(0, ("x" * 100_000,) * 9),
        Refused(0, Refusal(Reason.OBJECT_TYPE, "\x1b]0;title\x07" + "x" * 100_000)),
        Refused(0, Refusal(Reason.NOT_SEVERAL, "{wanted}" * 100_000, 2)),
    ],
)
def test_odd_claims_become_a_short_clean_sentence(message: Any) -> None:
    found = fault(reply(message))
    assert len(found.message) < 2000
    assert "\x1b" not in found.message + found.hint


def test_of_many_names_few_are_shown() -> None:
    """They are the names in the module, which a missing function is compared with."""
    names = tuple(f"conv{number}d_{'x' * (number % 9)}" for number in range(20_000))
    found = fault(reply(Missing(0, names)))
    assert len(found.message) < 1500


def test_a_result_for_another_step_is_no_result() -> None:
    found = fault(reply(Returned(5, "forged"), Returned(-7, "forged")))
    assert found.status is CheckStatus.CRASHED


def test_a_result_without_a_value_is_none() -> None:
    assert subject(Runner(reply(Returned(0)))).call("f") is None


def test_a_reply_without_an_ending_is_our_error() -> None:
    """The student is not blamed."""
    with pytest.raises(RuntimeError, match="how its process ended"):
        subject(Runner(Reply([IMPORTED]))).call("f")


def test_what_is_no_model_is_refused_late() -> None:
    """It is refused when the check asks for the model."""
    for exported in (None, 3, {"config": "{}"}, {"config": "[" * 9999, "weights": []}, {"weights": [1]}):
        runner = Runner(reply(Returned(0, None), Returned(1, exported)))
        [built] = subject(runner).build("build", [Build()])
        with pytest.raises(StudentFault, match="build: Expected") as caught:
            _ = built.model
        assert caught.value.status is CheckStatus.REFUSED


def test_equal_requests_share_one_job() -> None:
    runner = Runner(reply(Returned(0, 5)))
    student = subject(runner)
    data = np.arange(6.0)
    assert student.call("f", data) == student.call("f", data.copy()) == 5
    assert len(runner.jobs) == 1
    student.call("f", data + 1)
    assert len(runner.jobs) == 2


def test_costs_and_logs_of_all_modules_are_added() -> None:
    """A job that is equal to an earlier one costs nothing."""
    answer = reply(Returned(0, 5))
    answer.log = "hello\n"
    replies = Replies(Runner(answer))
    student = Subject({"a.py": "", "b.py": ""}, "a", 7, HomeworkLimits(), replies)
    for module in ("a", "b", "b"):
        student.module(module).call("f")
    assert (replies.cpu_seconds, replies.log) == (1.0, "hello\nhello\n")


def test_each_module_is_called_by_its_name() -> None:
    """Messages name the module's file, and an unknown module is an error."""
    runner = Runner(reply(raised()))
    student = Subject({"a.py": "x = 1", "b.py": ""}, "a", 7, HomeworkLimits(), Replies(runner))
    for name, words in (("a", "in line 12 of a.py"), ("b", "in line 12 of b.py")):
        with pytest.raises(StudentFault, match=words):
            student.module(name).call("f")
    assert [setup(job).module for job in runner.jobs] == ["a", "b"]
    assert {setup(job).files["a.py"] for job in runner.jobs} == {"x = 1"}
    assert student.module("a") is student
    assert student.module("b") is student.module("b").module("b")
    assert student.module("b").module("a") is student
    with pytest.raises(ValueError, match=r"module\. Received: 'c'"):
        student.module("c")


def test_a_failed_import_spares_other_modules() -> None:
    def answer(job: Job) -> Reply:
        if setup(job).module == "a":
            return Reply([raised(step=-1)], ending=DONE)
        return reply(Returned(0, 5))

    student = Subject({"a.py": "", "b.py": ""}, "a", 7, HomeworkLimits(), Replies(Runner(answer)))
    with pytest.raises(StudentFault, match=r"importing a\.py raised ValueError"):
        student.call("f")
    assert student.module("b").call("f") == 5


def test_a_missing_file_is_named_before_any_run() -> None:
    runner = Runner(reply(Returned(0, 5)))
    missing = {"b.py": "Expected a file named b.py. Received: a.py."}
    student = Subject({"a.py": ""}, "a", 7, HomeworkLimits(), Replies(runner), missing=missing)
    with pytest.raises(StudentFault, match=r"Expected a file named b\.py") as caught:
        student.module("b").call("f")
    assert caught.value.status is CheckStatus.NOT_ATTEMPTED
    assert runner.jobs == []
    assert student.call("f") == 5


def test_equal_trainings_run_once() -> None:
    """Their functions are the same, and the contents of their arguments are equal."""
    runner = Runner(reply(ending=Ending(EndKind.CPU, -9, 61.0, 61.0, 0)))
    student, images, other = subject(runner), np.zeros(2), np.zeros(2)
    for data in (images, images, other):
        with pytest.raises(StudentFault, match="build was stopped"):
            student.train("build", "train", data, epochs=3)
    assert len(runner.jobs) == 1  # equal content is found too
    with pytest.raises(StudentFault, match="build was stopped"):
        student.train("build", "train", images, epochs=4)
    assert len(runner.jobs) == 2


def test_a_training_has_a_seed_and_its_own_limit() -> None:
    runner = Runner(reply(ending=Ending(EndKind.CPU, -9, 61.0, 61.0, 0)))
    with pytest.raises(StudentFault, match="build was stopped because it computed for 61"):
        subject(runner).train("build", "train", np.zeros(2), epochs=3)
    [job] = runner.jobs
    assert job.limits.cpu_seconds == HomeworkLimits().training_cpu_seconds
    assert calls(runner)[1].kwargs == {"epochs": 3, "seed": 7}


def test_a_model_that_was_not_built_fails_late() -> None:
    """The message comes when the check asks for the model."""
    runner = Runner(reply(raised(not_implemented=True)))
    [built] = subject(runner).build("build", [Build(then={"maps": Call()})])
    with pytest.raises(StudentFault, match="build is not written yet"):
        _ = built.model
    with pytest.raises(StudentFault, match="build is not written yet"):
        built.returned("maps")


def test_a_trained_model_needs_no_training_result() -> None:
    """The model is judged though what the training returned is refused."""
    config = (Path(__file__).parents[1] / "data" / "model_configs" / "cnn.json").read_text(encoding="utf-8")
    exported = {"config": config, "weights": [np.zeros(2)]}
    refused = Refused(2, Refusal(Reason.OBJECT_TYPE, "History"))
    runner = Runner(reply(Returned(0, None), Returned(1, exported), refused, Returned(3, exported)))
    trained = subject(runner).train("build", "train")
    assert trained.model.config.layers
    with pytest.raises(StudentFault, match="train returned an object of type History"):
        _ = trained.returned


def trained_with(before: Outcome, *after: float) -> TrainedModel:
    """Return a model whose weights after the training are these, and which was exported before like this."""
    done = [Returned(0, None), before, Returned(2, None), Returned(3, exported_model(*after))]
    return subject(Runner(reply(*done))).train("build", "train")


def exported_model(*weights: float) -> Any:
    config = (Path(__file__).parents[1] / "data" / "model_configs" / "cnn.json").read_text(encoding="utf-8")
    return {"config": config, "weights": [np.full(2, weight) for weight in weights]}


def test_an_unchanged_model_is_named() -> None:
    """Every seed would find it, so a stochastic check ends."""
    with pytest.raises(CheckFailed, match="Expected train to change the network's weights") as caught:
        trained_with(Returned(1, exported_model(1, 2)), 1, 2).expect_changed()
    assert caught.value.any_seed
    assert "not a copy" in caught.value.hint


@pytest.mark.parametrize("before", [exported_model(1, 3), exported_model(1), exported_model()])
def test_one_changed_weight_is_a_training(before: Any) -> None:
    trained_with(Returned(1, before), 1, 2).expect_changed()


def test_a_model_without_weights_was_changed() -> None:
    """It was not built before its training, so its export was refused."""
    trained_with(Refused(1, Refusal(Reason.OBJECT_TYPE, "x")), 1, 2).expect_changed()


def test_a_model_survives_a_later_failure() -> None:
    """It is judged though a function that was called after it failed."""
    config = (Path(__file__).parents[1] / "data" / "model_configs" / "cnn.json").read_text(encoding="utf-8")
    exported = {"config": config, "weights": [np.zeros(2)]}
    runner = Runner(reply(Returned(0, None), Returned(1, exported), raised(step=2, message="later")))
    [built] = subject(runner).build("build", [Build(then={"maps": Call()})])
    assert built.model.config.layers
    with pytest.raises(StudentFault, match="maps raised ValueError in line 12"):
        built.returned("maps")


def test_weights_that_are_not_finite_are_refused() -> None:
    config = (Path(__file__).parents[1] / "data" / "model_configs" / "cnn.json").read_text(encoding="utf-8")
    exported = {"config": config, "weights": [np.array([np.nan])]}
    runner = Runner(reply(Returned(0, None), Returned(2, [1.0]), Returned(3, exported)))
    with pytest.raises(StudentFault, match="did the training diverge") as caught:
        subject(runner).train("build", "train")
    assert caught.value.status is CheckStatus.REFUSED
