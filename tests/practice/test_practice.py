"""Practice: which checks run, in which order, and which verdicts come from earlier runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_runner import InProcessRunner
from toy_homework import write_toy

from autograder.homework import Course, Homework, SolvedHomework, load_homework
from autograder.judging.run_checks import collect_checks
from autograder.known.reach import Source
from autograder.practice import practice as module
from autograder.practice.asked_checks import CheckSources, UnknownName, asked_checks, unread_files
from autograder.practice.lazy_runner import LazyRunner
from autograder.practice.practice import Practice, open_practice
from autograder.sandbox.runner import Ending, EndKind, Job, Reply, RunnerError
from autograder.sandbox.tier import Tier

CHECKS = '''
@pytest.mark.points(2)
@pytest.mark.calibrated(runs=1)
def test_a(submission):
    """Trains."""
    submission.call("train")


@pytest.mark.points(2)
@pytest.mark.needs("a")
def test_b(submission):
    """Looks at the training."""
    submission.call("train")


NAMES = ["small"]


@pytest.fixture
def called(submission):
    return [submission.call(name) for name in NAMES]


@pytest.mark.points(2)
def test_c(called):
    """Is small."""


@pytest.mark.points(2)
def test_d(submission):
    """Is large."""
    if submission.call("large") != 3:
        raise CheckFailed("Expected 3. Received: another number.")
'''
CODE = """
def helper():
    return 1


def small():
    return helper()


def large():
    return 3


def train():
    return 4
"""
NAMES = ["a", "b", "c", "d"]


class Local(InProcessRunner):
    """Starts nothing."""

    def close(self) -> None: ...


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SolvedHomework:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_tier", lambda: Tier.NONE)
    homework = write_toy(tmp_path, CHECKS, checks=" ".join(NAMES))
    (homework.folder / "toy.py").write_text(CODE)
    return homework


def practice(homework: Homework, started: Local, *, fresh: bool = False) -> Practice:
    return open_practice(homework, homework.folder, LazyRunner(lambda _: started), fresh=fresh)


def edit(homework: Homework, old: str, new: str) -> None:
    path = homework.folder / "toy.py"
    path.write_text(path.read_text().replace(old, new, 1))


def called(started: Local) -> list[str]:
    return [step.function for job in started.jobs for step in job.steps]  # type: ignore[union-attr]


def test_trainings_run_last_and_show_in_order(toy: SolvedHomework) -> None:
    """A check that needs a training runs after it."""
    started = Local()
    one = practice(toy, started)
    results = one.run()
    assert called(started) == ["small", "large", "train"]
    assert [result.id for result in one.session.results] == ["c", "d", "a", "b"]
    assert [result.id for result in results] == NAMES
    assert one.turns.unchanged == set()


def test_an_edit_runs_what_can_reach_it(toy: SolvedHomework) -> None:
    practice(toy, Local()).run()
    started = Local()
    edit(toy, "return 1", "return 2")
    again = practice(toy, started)
    again.run()
    assert called(started) == ["small"]
    assert again.turns.unchanged == {"a", "b", "d"}


def test_an_unchanged_homework_runs_nothing(toy: SolvedHomework) -> None:
    first = practice(toy, Local()).run()
    started = Local()
    again = practice(toy, started)
    assert again.run() == first
    assert started.jobs == []
    assert again.turns.unchanged == set(NAMES)


def test_what_is_known_runs_first(toy: SolvedHomework) -> None:
    """Also a training, if nothing that it uses has changed."""
    practice(toy, Local()).run()
    edit(toy, "return 3", "return 5")
    again = practice(toy, Local())
    again.run()
    assert [result.id for result in again.session.results][-1] == "d"


def test_what_a_limit_ended_runs_after_the_rest(toy: SolvedHomework) -> None:
    """It is run again each time, so it is not known, and not cheap."""

    class Slow(Local):
        def run(self, job: Job) -> Reply:
            reply = super().run(job)
            if called(self)[-1] == "small":
                reply.ending = Ending(EndKind.CPU, 0, 60.0, 60.0, 0)
            return reply

    practice(toy, Slow()).run()
    edit(toy, "return 3", "return 5")
    again = practice(toy, Slow())
    again.run()
    assert [result.id for result in again.session.results] == ["a", "b", "d", "c"]


def test_fresh_runs_everything(toy: SolvedHomework) -> None:
    practice(toy, Local()).run()
    started = Local()
    practice(toy, started, fresh=True).run()
    assert called(started) == ["small", "large", "train"]


def test_without_a_store_everything_runs(toy: SolvedHomework, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "practice_store", lambda _: None)
    for _ in range(2):
        started = Local()
        practice(toy, started).run()
        assert called(started) == ["small", "large", "train"]


@pytest.mark.parametrize(
    ("asked", "checks"),
    [
        (["d"], {"d"}),
        (["train"], {"a", "b"}),
        (["small"], {"c"}),
        (["helper"], {"c"}),
        (["b", "large"], {"b", "d"}),
    ],
)
def test_checks_and_functions_can_be_asked(toy: SolvedHomework, asked: list[str], checks: set[str]) -> None:
    """A helper means the checks that can reach it."""
    assert practice(toy, Local()).asked(asked) == checks


def test_what_a_check_needs_runs_as_well(toy: SolvedHomework) -> None:
    one = practice(toy, Local())
    assert [result.id for result in one.run(one.asked(["b"]))] == ["a", "b"]


def test_an_unknown_name_lists_what_there_is(toy: SolvedHomework) -> None:
    with pytest.raises(UnknownName) as raised:
        practice(toy, Local()).asked(["larg"])
    assert str(raised.value) == (
        "Expected a check or one of your functions. Received: 'larg'. "
        "Checks: a, b, c, d. Functions: train, small, large."
    )


def test_a_function_that_no_check_calls_is_named(toy: SolvedHomework) -> None:
    edit(toy, "def large", "def alone():\n    return 1\n\n\ndef large")
    with pytest.raises(UnknownName, match=r"No public check calls alone\. Checks: a, "):
        practice(toy, Local()).asked(["alone"])


def test_a_file_that_is_no_python_is_named(toy: SolvedHomework) -> None:
    """Its functions are not known, so the name may well be right."""
    edit(toy, "def large", "x = (1))\n\n\ndef large")
    with pytest.raises(
        UnknownName, match=r"^large was not found\. SyntaxError in line \d+ of .*py: unmatched"
    ):
        practice(toy, Local()).asked(["large"])


@pytest.mark.parametrize("text", ["def f(:\n", "f = '\0'", "x = " + "(" * 10_000])
def test_any_unreadable_file_has_a_sentence(text: str) -> None:
    [sentence] = unread_files({"toy.py": text, "good.py": "def f():\n    return 1\n"}, {})
    assert "toy.py" in sentence
    assert unread_files({}, {"toy.py": "Expected a file named toy.py."}) == ["Expected a file named toy.py."]


def test_a_runner_that_fails_ends_the_run(toy: SolvedHomework) -> None:
    """It is no fault of each check."""

    class Lost(Local):
        def run(self, job: Job) -> Reply:
            raise RunnerError("the sandbox is gone")

    with pytest.raises(RunnerError, match="the sandbox is gone"):
        practice(toy, Lost()).run()


@pytest.mark.parametrize(
    ("name", "function"), [("cnn", "conv2d"), ("rnn", "lstm_step"), ("gan", "train_gan")]
)
def test_every_public_check_names_a_function(name: str, function: str) -> None:
    solved = Course.find(Path(__file__)).homework(name)
    student = load_homework(solved.folder)
    source = Source({file: (solved.solution / file).read_text() for file in solved.files})
    sources, checks = CheckSources(student), collect_checks(student).checks
    assert all(sources.functions(check.id, source.functions) for check in checks)
    assert asked_checks([function], checks, sources, source)
