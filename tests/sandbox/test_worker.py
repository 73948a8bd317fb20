"""What the worker reports about the code it runs, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from jail_jobs import CONFINED, answer, ask, call, light_zygote, raised, returned, worker_job

from autograder.sandbox.client import Zygote
from autograder.sandbox.protocol import Item, Missing, Outcome, Raised, Refused, Returned, Step
from autograder.sandbox.refusals import Reason, Refusal
from autograder.sandbox.runner import EndKind, Reply
from autograder.sandbox.wire import Ref


@pytest.fixture(scope="module", params=CONFINED)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with light_zygote(tier=request.param) as started:
        yield started


def outcome(zygote: Zygote, code: str, *args: Any) -> Outcome:
    """Return what became of calling ``f``."""
    return ask(zygote, code, *args).outcomes[-1]


def failure(zygote: Zygote, code: str, *args: Any) -> Raised:
    """Return the exception that ``f`` raises."""
    return raised(ask(zygote, code, *args))


def values(reply: Reply) -> list[Any]:
    """Return what all steps returned."""
    return [outcome.value for outcome in reply.outcomes if isinstance(outcome, Returned)]


# Results


def test_arguments_and_results_keep_their_types(zygote: Zygote) -> None:
    code = "def f(*args, **kwargs): return [args, kwargs, [type(a).__name__ for a in args]]"
    steps = call("f", 1, 2.5, "text", None, True, (1, [2]), {"a": (3,)}, key=4)
    value = returned(zygote.run(worker_job(code, steps)))
    assert value == [
        (1, 2.5, "text", None, True, (1, [2]), {"a": (3,)}),
        {"key": 4},
        ["int", "float", "str", "NoneType", "bool", "tuple", "dict"],
    ]


def test_arrays_are_copies_that_can_be_written_to(zygote: Zygote) -> None:
    code = """
def f(x, pair):
    x += 1
    pair[0][:] = 5
    return x
"""
    x = np.zeros(3)
    reply = zygote.run(worker_job(code, call("f", x, (x, 0)), call("f", x, (x, 0))))
    assert [value.tolist() for value in values(reply)[1:]] == [[1, 1, 1]] * 2


def test_array_like_objects_arrive_as_arrays(zygote: Zygote) -> None:
    code = """
import numpy as np
class Tensor:
    def __array__(self, dtype=None, copy=None):
        return np.arange(3)
def f():
    return {"tensors": [Tensor(), (Tensor(),)], "number": np.float32(2)}
"""
    value = answer(zygote, code)
    assert value["tensors"][0].tolist() == value["tensors"][1][0].tolist() == [0, 1, 2]
    assert value["number"] == 2


def test_later_steps_refer_to_kept_objects(zygote: Zygote) -> None:
    code = """
class Network:
    trained = 0
def build(): return Network()
def train(network, times):
    network.trained += times
    return network.trained
"""
    steps = [
        replace(call("build"), store="first"),
        replace(call("build"), store="second"),
        call("train", Ref("first"), 2),
        call("train", network=Ref("first"), times=3),
        call("train", Ref("second"), 1),
    ]
    reply = zygote.run(worker_job(code, *steps))
    assert values(reply) == [None, None, None, 2, 5, 1]


def test_returned_tuples_are_split_in_the_worker(zygote: Zygote) -> None:
    code = """
class Half:
    def __init__(self, name): self.name = name
def build(): return Half("encoder"), [Half("decoder")][0]
def one(): return Half("alone")
def name(half): return half.name
"""
    steps: list[Step] = [
        replace(call("build"), store="both"),
        Item("both", 1, 2, "second"),
        call("name", Ref("second")),
        Item("both", 0, 3, "more"),
        replace(call("one"), store="single"),
        Item("single", 0, 2, "half"),
    ]
    assert zygote.run(worker_job(code, *steps)).outcomes[1:] == [
        *(Returned(0), Returned(1), Returned(2, "decoder")),
        Refused(3, Refusal(Reason.VALUE_COUNT, 2, 3)),
        Returned(4),
        Refused(5, Refusal(Reason.NOT_SEVERAL, "Half", 2)),
    ]


def test_a_refused_result_does_not_end_the_job(zygote: Zygote) -> None:
    code = "def f(): return {'a': [object()]}\ndef g(): return 1"
    reply = zygote.run(worker_job(code, call("f"), call("g")))
    assert reply.outcomes[1:] == [Refused(0, Refusal(Reason.OBJECT_TYPE, "object")), Returned(1, 1)]


def test_a_self_containing_result_is_an_error(zygote: Zygote) -> None:
    assert failure(zygote, "def f():\n    a = []\n    a.append(a)\n    return a").kind == "RecursionError"


# Errors


def test_a_missing_function_names_those_defined(zygote: Zygote) -> None:
    code = "F = 1\ndef relu(x): ...\ndef _private(): ...\nclass Layer: ...\ndef softmax(x): ..."
    assert outcome(zygote, code) == Missing(0, ("relu", "softmax"))


def test_a_name_that_is_no_function_is_missing(zygote: Zygote) -> None:
    assert outcome(zygote, "f = 3") == Missing(0, ())


def test_a_stub_is_told_from_a_mistake(zygote: Zygote) -> None:
    assert failure(zygote, "def f(): raise NotImplementedError").not_implemented
    assert not failure(zygote, "def f(): 1 / 0").not_implemented


def test_an_exception_names_the_students_line(zygote: Zygote) -> None:
    code = """
import numpy as np
def helper(x):
    return np.concatenate(x)
def f():
    return helper(3)
"""
    told = failure(zygote, code)
    assert (told.kind, told.line, told.function) == ("TypeError", 4, "helper")


def test_the_log_starts_at_the_students_line(zygote: Zygote) -> None:
    """The traceback in the log holds none of our frames."""
    log = ask(zygote, "def f():\n    return 1 / 0").log
    assert "ZeroDivisionError" in log
    assert "line 2, in f" in log
    assert "worker.py" not in log


def test_the_other_steps_go_on_after_an_exception(zygote: Zygote) -> None:
    code = "def f(x): return 1 / x"
    reply = zygote.run(worker_job(code, call("f", 1), call("f", 0), call("g"), call("f", 2)))
    assert [type(each) for each in reply.outcomes[1:]] == [Returned, Raised, Missing, Returned]


@pytest.mark.parametrize(
    ("leave", "kind"),
    [
        ("sys.exit()", "SystemExit"),
        ("exit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('x')", "BaseException"),
    ],
)
def test_system_exit_is_an_exception_like_others(zygote: Zygote, leave: str, kind: str) -> None:
    reply = ask(
        zygote, f"import sys\nfrom _sitebuiltins import Quitter\nexit = Quitter('', '')\ndef f(): {leave}"
    )
    assert raised(reply).kind == kind
    assert reply.ending is not None
    assert reply.ending.kind is EndKind.EXITED


def test_a_very_long_message_is_cut(zygote: Zygote) -> None:
    assert failure(zygote, "def f(): raise ValueError('x' * 10_000 + '\\ud800')").message == "x" * 500


def test_a_lone_surrogate_in_text_is_replaced(zygote: Zygote) -> None:
    assert failure(zygote, "def f(): raise ValueError('a\\ud800')").message == "a?"


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("def f():\n    return (\n", "SyntaxError", 2),
        ("def f():\n\treturn 1\n        return 2", "TabError", 3),
        ("x = 1\ny = undefined\ndef f(): ...", "NameError", 2),
        ("import torch", "ModuleNotFoundError", 1),
        ("import autograder.checks", "ModuleNotFoundError", 1),
        ("raise NotImplementedError", "NotImplementedError", 1),
        ("import sys; sys.exit()", "SystemExit", 1),
    ],
)
def test_a_failed_import_ends_the_job(zygote: Zygote, code: str, kind: str, line: int) -> None:
    reply = ask(zygote, code)
    (told,) = reply.outcomes
    assert isinstance(told, Raised)
    assert (told.step, told.kind, told.line) == (-1, kind, line)


# Imports


def test_submitted_files_import_each_other(zygote: Zygote) -> None:
    code = "from layers import double\ndef f(x): return double(x)"
    files = {"layers.py": "import hw\ndef double(x): return 2 * x"}
    reply = zygote.run(worker_job(code, call("f", 4), files=files))
    assert returned(reply) == 8


def test_an_error_in_a_second_file_names_its_line(zygote: Zygote) -> None:
    code = "import layers\ndef f(): layers.fail()"
    files = {"layers.py": "\n\ndef fail():\n    raise ValueError('here')"}
    told = raised(zygote.run(worker_job(code, call("f"), files=files)))
    assert (told.line, told.function) == (4, "fail")


def test_a_submitted_file_cannot_replace_numpy(zygote: Zygote) -> None:
    code = "import numpy\ndef f(): return [numpy.__file__, float(numpy.sum([1, 2]))]"
    files = {"numpy.py": "def sum(x): return 42"}
    path, total = returned(zygote.run(worker_job(code, call("f"), files=files)))
    assert "site-packages" in path
    assert total == 3


def test_only_submitted_files_can_be_imported(zygote: Zygote) -> None:
    code = """
import os, sys
def f():
    open("helper.py", "w").write("value = 1")
    assert os.getcwd() not in sys.path and "" not in sys.path
    import helper
"""
    assert failure(zygote, code).kind == "ModuleNotFoundError"


# Claims


FORGE = """
import os, sys
def claim(**message):
    os.write(4, sys.modules["autograder.sandbox.wire"].encode(message))
def honest():
    return 1
"""


@pytest.mark.parametrize(
    "forged",
    [
        "claim(step=-1, outcome='returned', value=None)",
        "claim(step=1, outcome='returned', value=100)",
        "claim(step=7, outcome='returned', value=100)",
        "claim(step=None, outcome='returned')",
        "claim(step=0, outcome='passed')",
        "claim(step=0, outcome=['returned'])",
        "import numpy; claim(step=0, outcome=numpy.zeros(3))",
        "claim(outcome='returned')",
        "os.write(4, sys.modules['autograder.sandbox.wire'].encode([1, 2]))",
    ],
)
def test_unexpected_forged_messages_end_the_job(zygote: Zygote, forged: str) -> None:
    code = f"{FORGE}\ndef f():\n    {forged}\n    return 2"
    reply = zygote.run(worker_job(code, call("f"), call("honest")))
    assert reply.malformed in ("a message out of turn", "a message without step and outcome")
    assert [outcome.step for outcome in reply.outcomes] == [-1]


def test_a_forged_message_counts_as_one_outcome(zygote: Zygote) -> None:
    """It is a claim like a returned value: it answers its step once, and the rest is refused."""
    code = f"{FORGE}\ndef f():\n    claim(step=0, outcome='returned', value='forged')\n    return 'honest'"
    reply = zygote.run(worker_job(code, call("f"), call("honest")))
    assert values(reply) == [None, "forged"]
    assert reply.malformed == "a message out of turn"


def test_a_closed_result_pipe_is_silence(zygote: Zygote) -> None:
    reply = ask(zygote, "import os\ndef f(): os.close(4)")
    assert [outcome.step for outcome in reply.outcomes] == [-1]
    assert reply.malformed is None


def test_code_that_patches_the_worker_only_claims(zygote: Zygote) -> None:
    code = """
import sys
worker = sys.modules["autograder.sandbox.worker"]
worker._plain = lambda value: "rewritten"
worker.wire.encode = lambda value: b"rubbish" * 10
def f(): return 1
"""
    reply = ask(zygote, code)
    assert reply.outcomes == []
    assert reply.malformed


TENSORFLOW_SAYS = [
    (
        """Graph execution error:

Detected at node loss/Softmax defined at (most recent call last):
  File "/a/rnn.py", line 24, in <module>

  File "/b/keras/losses.py", line 34, in call

Received a label value of 9 which is outside [0, 6).
\t [[{{node loss/Softmax}}]] [Op:__inference_5]""",
        "Graph execution error: Received a label value of 9 which is outside [0, 6).",
    ),
    (
        """in user code:

    File "/a/rnn.py", line 20, in g  *
        return x @ w

    File "/b/keras/ops.py", line 7, in dot  **
        raise e
    ValueError: Dimensions must be equal, but are 4 and 7.
""",
        "in user code: ValueError: Dimensions must be equal, but are 4 and 7.",
    ),
    ('I said "File "x", line 3, in y"\n  File "x", line 3, in y\n', None),
]


@pytest.mark.parametrize(("text", "expected"), TENSORFLOW_SAYS)
def test_the_end_of_a_tensorflow_message_is_kept(zygote: Zygote, text: str, expected: str | None) -> None:
    """TensorFlow's text starts with its own calls; the cause stands behind them."""
    said = failure(zygote, "def f(text): raise ValueError(text)", text).message
    assert said == text if expected is None else " ".join(said.split()) == expected


def test_a_long_text_of_an_exception_is_cut(zygote: Zygote) -> None:
    text = "in user code:\n" + 'File "a", line 3\n' * 50_000
    assert len(failure(zygote, "def f(text): raise ValueError(text)", text).message) <= 500
