"""What checks declare: read once, when they are collected; what is misused stops the run."""

import pickle
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from toy_homework import check, results, write_toy

from autograder.calibration.certificate import Rule
from autograder.homework import HomeworkError
from autograder.judging.check_spec import CheckSpec, Stochastic
from autograder.judging.run_checks import verify_manifest
from autograder.result import Visibility


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Return a function that writes a homework with these public and hidden checks."""
    return partial(write_toy, tmp_path)


def test_collecting_returns_what_checks_declare(make: Any) -> None:
    luck = "@pytest.mark.calibrated(runs=3, slack=0.5, seeds='training')\n@pytest.mark.needs('a')"
    homework = make(
        check("pass", title="Does\n    it.\n\n    Somehow."),
        "pytestmark = pytest.mark.visibility('hidden')\n" + check("pass", "b", luck),
        checks="a b",
    )
    collected = verify_manifest(homework)
    first = CheckSpec("a", 2.0, Visibility.PUBLIC, "Does it", None, ())
    second = CheckSpec("b", 2.0, Visibility.HIDDEN, "Does it", Stochastic(Rule(3, 0.5), "training"), ("a",))
    assert collected.checks == (first, second)
    assert collected.points == {"a": 2.0, "b": 2.0}
    assert collected.rules == {"b": Rule(3, 0.5)}
    assert collected.public == {"a"}
    assert pickle.loads(pickle.dumps(collected)) == collected


def test_a_test_without_points_is_no_check(make: Any) -> None:
    homework = make(check("pass") + "def test_plain():\n    pass\n")
    assert [spec.id for spec in verify_manifest(homework).checks] == ["a"]
    assert list(results(homework)) == ["a"]


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
        (
            "\n@pytest.mark.calibrated(runs=3)\ndef test_a():\n    pass\n",
            "expected points(number above 0) beside calibrated()",
        ),
        ("", "Listed but not collected: a"),
        (check("pass", "b"), "Collected but not listed: b"),
        (
            check("pass").replace("points(2)", "points(3)"),
            "expected max_score = 3, the checks' sum. Received: 2",
        ),
    ],
)
def test_misused_markers_stop_the_collection(make: Any, text: str, words: str) -> None:
    with pytest.raises(HomeworkError) as caught:
        verify_manifest(make(text))
    assert words in " ".join(str(caught.value).split())


def test_the_same_name_twice_is_refused(make: Any) -> None:
    with pytest.raises(HomeworkError, match="a check named 'a' already"):
        verify_manifest(make(check("pass"), check("pass")))


def test_a_check_that_python_forgets_is_named(make: Any) -> None:
    """A later function of the same name replaces it in the module."""
    with pytest.raises(
        HomeworkError, match=r"test_public\.py: expected one check of each name.*test_a twice"
    ):
        verify_manifest(make(check("pass") + check("assert False")))
