"""Tier ``none``: a student's own checks, and submissions that staff trust, where nothing can be confined."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jail_jobs import raised, returned

from autograder.sandbox.client import Zygote
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Setup
from autograder.sandbox.runner import EndKind, Job, Reply
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(VisiblePaths.for_this_python(), Tier.NONE, ("numpy",)) as started:
        yield started


def run(zygote: Zygote, source: str, *args: object, **limits: int) -> Reply:
    setup = Setup({"cnn.py": source}, "cnn", 1)
    return zygote.run(Job(setup, Limits(**limits), (Call("f", list(args), {}),)))


def test_the_same_worker_gives_the_same_replies(zygote: Zygote) -> None:
    reply = run(zygote, "def f(x): return x * 2", np.arange(3.0))
    np.testing.assert_array_equal(returned(reply), [0.0, 2.0, 4.0])
    reply = run(zygote, "def f():\n    return 1 / 0\n")
    assert (raised(reply).kind, raised(reply).line) == ("ZeroDivisionError", 2)


def test_each_job_has_its_own_temporary_folder(zygote: Zygote) -> None:
    source = "import os\ndef f():\n    os.mkdir('kept')\n    return [os.getcwd(), sorted(os.listdir('.'))]\n"
    folders = []
    for _ in range(2):
        folder, files = returned(run(zygote, source))
        assert files == ["cnn.py", "kept"]
        folders.append(folder)
    assert folders[0] != folders[1]
    assert not any(Path(folder).exists() for folder in folders)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("while True: pass", EndKind.CPU),
        ("import time; time.sleep(60)", EndKind.IDLE),
        ("import os; os._exit(3)", EndKind.EXITED),
    ],
)
def test_what_never_ends_is_ended_all_the_same(zygote: Zygote, body: str, kind: EndKind) -> None:
    reply = run(zygote, f"def f():\n    {body}\n", cpu_seconds=1)
    assert reply.ending is not None
    assert reply.ending.kind is kind


def test_student_code_gets_no_grader_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_TEST_CANARY", "canary-unconfined")
    with Zygote(VisiblePaths.for_this_python(), Tier.NONE, ("numpy",)) as zygote:
        reply = run(zygote, "import os\ndef f(): return dict(os.environ)")
    assert "canary-unconfined" not in str(returned(reply))
    assert os.environ["AUTOGRADER_TEST_CANARY"] == "canary-unconfined"
