"""The pytest plugin: how a check ends, and what becomes of it."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from toy_homework import check, results, session, write_toy

from autograder.homework import SolvedHomework, load_homework
from autograder.judging.mode import Measure
from autograder.judging.run_checks import ChecksBroken, run_checks, verify_manifest
from autograder.result import Artifact, CheckStatus, Visibility

pytest_plugins = ["pytester"]


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Return a function that writes a homework with these public and hidden checks."""
    return partial(write_toy, tmp_path)


@pytest.mark.parametrize(
    ("body", "status", "score", "message"),
    [
        ("pass", CheckStatus.PASSED, 2, ""),
        (
            "raise CheckFailed('Expected x. Received: y.', 'Look.')",
            CheckStatus.FAILED,
            0,
            "Expected x. Received: y.",
        ),
        ("raise PartialCredit(0.25, 'One of four.')", CheckStatus.PARTIAL, 0.5, "One of four."),
        ("raise StudentFault(CheckStatus.TIMEOUT, 'Too slow.')", CheckStatus.TIMEOUT, 0, "Too slow."),
        ("pytest.skip('Not now.')", CheckStatus.SKIPPED, 0, "Not now."),
    ],
)
def test_each_ending_has_its_status(
    make: Any, body: str, status: CheckStatus, score: float, message: str
) -> None:
    result = results(make(check(body)))["a"]
    assert (result.status, result.score, result.message) == (status, score, message)
    assert (result.title, result.visibility, result.max_score) == ("Does it", Visibility.PUBLIC, 2)


def test_only_staff_read_what_a_plain_assert_says(make: Any) -> None:
    result = results(make(check("expected = 123.456\n    assert 1 == expected, f'{expected} it is'")))["a"]
    assert result.status is CheckStatus.FAILED
    assert "123" not in result.message + result.hint + result.title
    assert "123.456 it is" in result.detail


def test_staff_see_which_assertion_did_not_hold(make: Any) -> None:
    result = results(make(check("expected = 123\n    assert 1 == expected")))["a"]
    assert "assert 1 == expected" in result.detail
    assert "expected" not in result.message.replace("expects", "")


def test_printing_decides_nothing(make: Any) -> None:
    body = "print('1 passed'); print('PASSED', flush=True)\n    raise CheckFailed('no')"
    result = results(make(check(body)))["a"]
    assert (result.status, result.score, result.message) == (CheckStatus.FAILED, 0, "no")


def test_a_check_waits_for_all_that_it_needs(make: Any) -> None:
    found = results(
        make(
            check("pass")
            + check("raise PartialCredit(0.5, 'half')", "b")
            + check("pass", "c", "@pytest.mark.needs('a', 'b')")
            + check("pass", "d", "@pytest.mark.needs('a')")
            + check("pass", "e", "@pytest.mark.needs('c')")
        )
    )
    statuses = {name: str(result.status) for name, result in found.items()}
    assert statuses == {"a": "passed", "b": "partial", "c": "skipped", "d": "passed", "e": "skipped"}


def test_checks_asked_for_run_with_what_they_need(make: Any) -> None:
    made = make(
        check("pass")
        + check("raise CheckFailed('no')", "b", "@pytest.mark.needs('a')")
        + check("pass", "c", "@pytest.mark.needs('b')")
        + check("pass", "d")
    )
    graded = session(made)
    run_checks(graded, only=["c"])
    assert [(result.id, str(result.status)) for result in graded.results] == [
        ("a", "passed"),
        ("b", "failed"),
        ("c", "skipped"),
    ]


def test_two_homeworks_keep_their_own_checks(make: Any, tmp_path: Path) -> None:
    """Their modules have the same names, and they share the process."""
    first = make(check("pass"))
    tmp_path.joinpath("assignments").rename(tmp_path / "kept")
    tmp_path.joinpath("solutions").rename(tmp_path / "kept solutions")
    kept = SolvedHomework.of(
        load_homework(tmp_path / "kept" / first.name), tmp_path / "kept solutions" / first.name
    )
    other = make(check("pass", "b"), checks="b")
    verify_manifest(kept)
    verify_manifest(other)
    assert [set(results(homework)) for homework in (kept, other, kept)] == [{"a"}, {"b"}, {"a"}]


def test_a_check_that_breaks_is_a_grader_error(make: Any) -> None:
    result = results(make(check("{}['secret 987']")))["a"]
    assert result.status is CheckStatus.GRADER_ERROR
    assert "not your fault" in result.message
    assert "987" not in result.message
    assert "KeyError" in result.detail


def test_a_failing_fixture_is_judged_as_its_check(make: Any) -> None:
    fixture = "@pytest.fixture\ndef model():\n    raise StudentFault(CheckStatus.ERROR, 'No model.')\n"
    result = results(make(fixture + check("pass", arguments="model")))["a"]
    assert (result.status, result.message) == (CheckStatus.ERROR, "No model.")


def test_needed_checks_may_be_in_another_file(make: Any) -> None:
    found = results(
        make(
            check("raise CheckFailed('no')"),
            check("pass", "b", "@pytest.mark.needs('a')")
            + check("pass", "c", "@pytest.mark.visibility('hidden')"),
            checks="a b c",
        )
    )
    assert found["b"].status is CheckStatus.SKIPPED
    assert found["b"].message == "Needs this to pass first: Does it."
    assert found["c"].visibility is Visibility.HIDDEN


def test_shared_fixtures_come_from_conftest(make: Any) -> None:
    conftest = "import pytest\n@pytest.fixture\ndef seven():\n    return 7\n"
    homework = make(
        check("assert seven == 7", arguments="seven"),
        check("assert seven == 7", "b", arguments="seven"),
        checks="a b",
        conftest=conftest,
    )
    verify_manifest(homework)
    assert {result.status for result in results(homework).values()} == {CheckStatus.PASSED}


def test_figures_are_kept(make: Any) -> None:
    body = "metric('accuracy', 0.75)\n    metric('loss', float('nan'))"
    result = results(make(check(body, arguments="metric")))["a"]
    assert result.metrics == {"accuracy": 0.75}


DRAW = "png = image_grid(np.ones((1, 4, 4)), 1)\n    "
DRAWING = "\nimport numpy as np\nfrom autograder.pictures import image_grid\n"


@pytest.mark.parametrize(("ending", "status"), [("pass", "passed"), ("raise CheckFailed('no')", "failed")])
def test_pictures_are_kept_however_a_check_ends(make: Any, ending: str, status: str) -> None:
    body = DRAW + f"picture('samples', png, 'Your samples')\n    {ending}"
    graded = session(make(DRAWING + check(body, arguments="picture")))
    run_checks(graded)
    [result] = graded.results
    assert (result.status, result.artifacts) == (status, (Artifact("a-samples.png", "Your samples"),))
    assert list(graded.pictures) == ["a-samples.png"]
    assert graded.pictures["a-samples.png"].startswith(b"\x89PNG")


def test_a_picture_replaces_one_of_the_same_name(make: Any) -> None:
    body = DRAW + "picture('x', png, 'run 1')\n    picture('x', image_grid(np.ones((2, 4, 4)), 2), 'run 2')"
    graded = session(make(DRAWING + check(body, arguments="picture")))
    run_checks(graded)
    assert graded.results[0].artifacts == (Artifact("a-x.png", "run 2"),)
    assert graded.pictures["a-x.png"][16:20] == (34).to_bytes(4, "big")  # two images wide


@pytest.mark.parametrize("wrong", ["'../up', png, 'c'", "'x', b'GIF89a', 'c'", "'x', png, ''", "'x', 3, 'c'"])
def test_an_invalid_picture_is_the_checks_fault(make: Any, wrong: str) -> None:
    body = DRAW + f"picture('first', png, 'First')\n    picture({wrong})"
    result = results(make(DRAWING + check(body, arguments="picture")))["a"]
    assert result.status is CheckStatus.GRADER_ERROR
    assert result.artifacts == (Artifact("a-first.png", "First"),)


def test_no_picture_is_kept_while_calibrating(make: Any) -> None:
    body = DRAW + "picture('x', png, 'c')\n    calibrated.at_least('luck', lambda seed: 1.0)"
    marker = "@pytest.mark.calibrated(runs=1)"
    graded = session(make(DRAWING + check(body, markers=marker, arguments="picture, calibrated")))
    graded.mode = Measure(("a",))
    run_checks(graded)
    assert (graded.results[0].artifacts, graded.pictures) == ((), {})


def test_inputs_differ_by_check_not_by_student(make: Any) -> None:
    body = "metric('x', rng.normal())"
    homework = make(
        check(body, arguments="rng, metric"), check(body, "b", arguments="rng, metric"), checks="a b"
    )
    first, second = results(homework, "ada"), results(homework, "bob")
    assert first["a"].metrics == second["a"].metrics
    assert first["a"].metrics != first["b"].metrics


def test_a_broken_conftest_is_named(make: Any) -> None:
    with pytest.raises(ChecksBroken, match=r"conftest\.py cannot be imported: ZeroDivisionError"):
        run_checks(session(make(check("pass"), conftest="1 / 0")))


@pytest.mark.parametrize("wrong", ["from autograder.checks import nothing_like_it", "1 / 0", "def f(:"])
def test_a_broken_import_is_no_ctrl_c(make: Any, wrong: str) -> None:
    """pytest has one exit code for both."""
    homework = make(f"{wrong}\n{check('pass')}")
    with pytest.raises(
        ChecksBroken, match=r"test_public\.py: (ImportError|ZeroDivision|SyntaxError|.*invalid)"
    ):
        run_checks(session(homework))


def test_ctrl_c_in_a_check_is_one(make: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_checks(session(make(check("raise KeyboardInterrupt"))))


def test_a_public_check_cannot_use_the_reference(make: Any) -> None:
    assert results(make(check("pass", arguments="reference")))["a"].status is CheckStatus.GRADER_ERROR


def test_nothing_around_the_checks_takes_part(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homework = make(check("raise CheckFailed('no')"))
    for folder in (tmp_path, tmp_path / "assignments", homework.solution):
        assert folder is not None
        (folder / "conftest.py").write_text("raise SystemExit('planted')")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.chdir(tmp_path)
    assert results(homework)["a"].status is CheckStatus.FAILED


def test_other_projects_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\ndef test_plain():\n    heavy = {'tensorflow', 'keras', 'numpy', 'jinja2', 'rich'}\n"
        "    assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "autograder.judging.plugin",
        "-p",
        "no:cacheprovider",
    ]
    ended = subprocess.run(
        [*command, "--disable-plugin-autoload"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


def test_plain_pytest_runs_the_public_checks(
    make: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    homework = make(check("raise CheckFailed('Expected x. Received: y.', 'Look.')") + check("pass", "b"))
    closed = []
    monkeypatch.setattr(
        "autograder.practice.practice.practice_session",
        lambda _: (session(homework), lambda: closed.append(homework.folder)),
    )
    ended = pytester.runpytest_inprocess(
        str(homework.folder), "-p", "no:cacheprovider", "--import-mode=importlib", "--color=no"
    )
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines(["Expected x. Received: y.", "Hint: Look."])
    ended.stdout.no_fnmatch_line("*Traceback*")
    assert closed == [homework.folder]


def test_plain_pytest_says_what_a_folder_lacks(make: Any, pytester: pytest.Pytester) -> None:
    homework = make(check("pass", arguments="submission"))
    ended = pytester.runpytest_inprocess(str(homework.folder), "-p", "no:cacheprovider")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stdout.fnmatch_lines(["*Expected a file named toy.py.*"])
