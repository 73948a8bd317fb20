"""The pytest plugin: how a check ends, and what becomes of it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.grading.run_checks import ChecksBroken, run_checks, verify_manifest
from autograder.grading.session import GradingSession
from autograder.homework import Homework, HomeworkError, load_homework
from autograder.result import Artifact, CheckResult, CheckStatus, Visibility
from autograder.sandbox.runner import Job, Reply
from autograder.submission import Submission

pytest_plugins = ["pytester"]

HEADER = """
import pytest
from autograder.checks import CheckFailed, PartialCredit, StudentFault
from autograder.result import CheckStatus
"""


class NoRunner:
    """These checks run no student code."""

    def run(self, job: Job) -> Reply:
        raise AssertionError(job)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Return a function that writes a homework with these public and hidden checks."""

    def write(
        public: str, hidden: str = "", *, checks: str = "a", score: float = 2, conftest: str = ""
    ) -> Homework:
        folder, solution = tmp_path / "assignments" / "toy", tmp_path / "solutions" / "toy"
        folder.mkdir(parents=True)
        solution.mkdir(parents=True)
        names = ", ".join(f'"{name}"' for name in checks.split())
        (folder / "homework.toml").write_text(
            f'name = "toy"\ntitle = "Toy"\ndataset = "digits"\nmax_score = {score}\n'
            f'files = ["toy.py"]\nchecks = [{names}]\n'
        )
        (folder / "test_public.py").write_text(HEADER + public)
        (solution / "test_hidden.py").write_text(HEADER + hidden)
        if conftest:
            (folder / "conftest.py").write_text(conftest)
        return load_homework(folder, solution)

    return write


def check(body: str, name: str = "a", markers: str = "", title: str = "Does it.", arguments: str = "") -> str:
    return (
        f'\n{markers}\n@pytest.mark.points(2)\ndef test_{name}({arguments}):\n    """{title}"""\n    {body}\n'
    )


def session(homework: Homework) -> GradingSession:
    return GradingSession(homework, Submission("ada", {"toy.py": ""}, "sha256:0"), NoRunner(), bytes(32))


def results(homework: Homework) -> dict[str, CheckResult]:
    graded = session(homework)
    run_checks(graded)
    return {result.id: result for result in graded.results}


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


def test_a_plain_assert_tells_students_nothing_and_staff_everything(make: Any) -> None:
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


def test_of_a_few_checks_those_run_that_are_asked_for_and_those_they_need(make: Any) -> None:
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


def test_two_homeworks_in_one_process_keep_their_own_checks(make: Any, tmp_path: Path) -> None:
    first = make(check("pass"))
    tmp_path.joinpath("assignments").rename(tmp_path / "kept")
    tmp_path.joinpath("solutions").rename(tmp_path / "kept solutions")
    kept = load_homework(tmp_path / "kept" / first.name, tmp_path / "kept solutions" / first.name)
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


def test_a_fixture_that_fails_is_judged_like_the_check(make: Any) -> None:
    fixture = "@pytest.fixture\ndef model():\n    raise StudentFault(CheckStatus.ERROR, 'No model.')\n"
    result = results(make(fixture + check("pass", arguments="model")))["a"]
    assert (result.status, result.message) == (CheckStatus.ERROR, "No model.")


def test_checks_wait_for_those_they_need_across_files(make: Any) -> None:
    found = results(
        make(
            check("raise CheckFailed('no')"),
            check("pass", "b", "@pytest.mark.needs('a')")
            + check("pass", "c", "@pytest.mark.visibility('hidden')"),
            checks="a b c",
            score=6,
        )
    )
    assert found["b"].status is CheckStatus.SKIPPED
    assert found["b"].message == "Needs this to pass first: Does it."
    assert found["c"].visibility is Visibility.HIDDEN


def test_shared_fixtures_come_from_the_homeworks_conftest(make: Any) -> None:
    conftest = "import pytest\n@pytest.fixture\ndef seven():\n    return 7\n"
    homework = make(
        check("assert seven == 7", arguments="seven"),
        check("assert seven == 7", "b", arguments="seven"),
        checks="a b",
        score=4,
        conftest=conftest,
    )
    verify_manifest(homework)
    assert {result.status for result in results(homework).values()} == {CheckStatus.PASSED}


def test_figures_are_kept(make: Any) -> None:
    body = "metric('accuracy', 0.75)\n    metric('loss', float('nan'))"
    result = results(make(check(body, arguments="metric")))["a"]
    assert result.metrics == {"accuracy": 0.75}


DRAW = "png = image_grid(np.ones((1, 4, 4)), 1)\n    "
DRAWING = "\nimport numpy as np\nfrom autograder.checks import image_grid\n"


@pytest.mark.parametrize(("ending", "status"), [("pass", "passed"), ("raise CheckFailed('no')", "failed")])
def test_pictures_are_kept_whether_the_check_passes_or_fails(make: Any, ending: str, status: str) -> None:
    body = DRAW + f"picture('samples', png, 'Your samples')\n    {ending}"
    graded = session(make(DRAWING + check(body, arguments="picture")))
    run_checks(graded)
    [result] = graded.results
    assert (result.status, result.artifacts) == (status, (Artifact("a-samples.png", "Your samples"),))
    assert list(graded.pictures) == ["a-samples.png"]
    assert graded.pictures["a-samples.png"].startswith(b"\x89PNG")


def test_a_picture_of_the_same_name_takes_the_place_of_the_first(make: Any) -> None:
    body = DRAW + "picture('x', png, 'run 1')\n    picture('x', image_grid(np.ones((2, 4, 4)), 2), 'run 2')"
    graded = session(make(DRAWING + check(body, arguments="picture")))
    run_checks(graded)
    assert graded.results[0].artifacts == (Artifact("a-x.png", "run 2"),)
    assert graded.pictures["a-x.png"][16:20] == (34).to_bytes(4, "big")  # two images wide


@pytest.mark.parametrize("wrong", ["'../up', png, 'c'", "'x', b'GIF89a', 'c'", "'x', png, ''", "'x', 3, 'c'"])
def test_a_picture_that_cannot_be_kept_is_a_fault_of_the_check(make: Any, wrong: str) -> None:
    body = DRAW + f"picture('first', png, 'First')\n    picture({wrong})"
    result = results(make(DRAWING + check(body, arguments="picture")))["a"]
    assert result.status is CheckStatus.GRADER_ERROR
    assert result.artifacts == (Artifact("a-first.png", "First"),)


def test_nothing_is_kept_while_thresholds_are_measured(make: Any) -> None:
    body = DRAW + "picture('x', png, 'c')\n    calibrated.at_least('luck', lambda seed: 1.0)"
    marker = "@pytest.mark.calibrated(runs=1)"
    graded = session(make(DRAWING + check(body, markers=marker, arguments="picture, calibrated")))
    graded.calibrating = ("a",)
    run_checks(graded)
    assert (graded.results[0].artifacts, graded.pictures) == ((), {})


def test_inputs_are_the_same_for_each_student_and_differ_between_checks(make: Any) -> None:
    body = "metric('x', rng.normal())"
    homework = make(
        check(body, arguments="rng, metric"), check(body, "b", arguments="rng, metric"), checks="a b", score=4
    )
    first, second = results(homework), results(homework)
    assert first["a"].metrics == second["a"].metrics
    assert first["a"].metrics != first["b"].metrics


def test_parameters_make_checks_of_their_own(make: Any) -> None:
    found = results(make(check("assert n", markers="@pytest.mark.parametrize('n', [0, 1])", arguments="n")))
    assert {name: result.score for name, result in found.items()} == {"a[0]": 0, "a[1]": 2}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (check("pass", title=""), "expected a docstring"),
        (check("pass").replace("points(2)", "points(0)"), "expected points(number above 0)"),
        *(
            (check("pass").replace("points(2)", f"points({bad})"), "expected points(number above 0)")
            for bad in ("", "-1", "'2'", "None", "1, 2", "2, most=3", "float('inf')", "float('nan')")
        ),
        (check("pass", markers="@pytest.mark.visibility()"), "expected visibility('public')"),
        (check("pass", markers="@pytest.mark.needs('a')"), "needs() to name a check that runs earlier"),
        (check("pass", markers="@pytest.mark.unheard_of"), "unheard_of"),
        (check("pass", markers="@pytest.mark.visibility('secret')"), "expected visibility('public')"),
        (check("pass", markers="@pytest.mark.needs('later')"), "needs() to name a check that runs earlier"),
        (check("pass") + "import nonsense_module\n", "nonsense_module"),
        (check("pass", markers="@pytest.mark.calibrated(runs=0)"), "expected calibrated(runs=1 to 10"),
        (
            check("pass", arguments="calibrated, rng", markers="@pytest.mark.calibrated(runs=2)"),
            "a calibrated check cannot use rng",
        ),
        ("", "Listed but not collected: a"),
        (check("pass", "b"), "Collected but not listed: b"),
        (
            check("pass").replace("points(2)", "points(3)"),
            "expected max_score = 3, the checks' sum. Received: 2",
        ),
    ],
)
def test_misused_checks_stop_the_run_before_anybody_is_graded(make: Any, text: str, words: str) -> None:
    with pytest.raises(HomeworkError) as caught:
        verify_manifest(make(text))
    assert words in " ".join(str(caught.value).split())


def test_the_same_name_twice_is_refused(make: Any) -> None:
    with pytest.raises(HomeworkError, match="a check named 'a' already"):
        verify_manifest(make(check("pass"), check("pass")))


def test_a_check_that_a_later_one_replaces_is_not_forgotten(make: Any) -> None:
    with pytest.raises(
        HomeworkError, match=r"test_public\.py: expected one check of each name.*test_a twice"
    ):
        verify_manifest(make(check("pass") + check("assert False")))


def test_a_broken_conftest_is_named(make: Any) -> None:
    with pytest.raises(ChecksBroken, match=r"conftest\.py cannot be imported: ZeroDivisionError"):
        run_checks(session(make(check("pass"), conftest="1 / 0")))


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
        "autograder.grading.plugin",
        "-p",
        "no:cacheprovider",
    ]
    ended = subprocess.run(
        [*command, "--disable-plugin-autoload"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


def test_plain_pytest_in_a_students_folder_runs_the_public_checks(
    make: Any, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    homework = make(check("raise CheckFailed('Expected x. Received: y.', 'Look.')") + check("pass", "b"))
    closed = []
    monkeypatch.setattr(
        "autograder.grading.practice.practice_session",
        lambda folder: (session(load_homework(folder)), lambda: closed.append(folder)),
    )
    ended = pytester.runpytest_inprocess(
        str(homework.folder), "-p", "no:cacheprovider", "--import-mode=importlib", "--color=no"
    )
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines(["Expected x. Received: y.", "Hint: Look."])
    ended.stdout.no_fnmatch_line("*Traceback*")
    assert closed == [homework.folder]


def test_a_students_folder_that_cannot_be_checked_ends_the_run_with_a_sentence(
    make: Any, pytester: pytest.Pytester
) -> None:
    homework = make(check("pass", arguments="submission"))
    ended = pytester.runpytest_inprocess(str(homework.folder), "-p", "no:cacheprovider")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stdout.fnmatch_lines(["*Expected a file named toy.py.*"])
