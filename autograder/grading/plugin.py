"""The pytest plugin: turns plain pytest functions into graded checks.

A test with the marker ``points`` is a check. Its docstring's first paragraph is the title students read;
its module or its own marker says whether students have its source. Tests without the marker, and projects
that are no homework, are left alone.

In a student's folder plain ``pytest`` is enough: the plugin finds ``homework.toml`` beside the checks.
"""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.calibration.certificate import Rule
from autograder.grading.mode import Judge
from autograder.result import CheckResult, CheckStatus, Measurement, Trial, Visibility

if TYPE_CHECKING:
    import numpy as np

    from autograder.checks.subject import Subject
    from autograder.checks.trials import Trials
    from autograder.datasets import Dataset
    from autograder.grading.session import GradingSession
    from autograder.homework import Homework
    from autograder.pictures.album import Album

_MARKERS = (
    "points(number): what the check is worth; makes the test a check",
    "visibility(which): 'public' (students have the source) or 'hidden'",
    "needs(*checks): identifiers of checks, earlier in the file, that have to pass first",
    "calibrated(runs, slack, seeds): a stochastic check; runs at most, room below the reference, whose seeds",
)
SESSION = pytest.StashKey["GradingSession"]()
ONE_HOMEWORK = pytest.StashKey[bool]()
"""Set when all collected checks belong to one homework, whatever their folders."""
TRIALS = pytest.StashKey["Trials"]()
_METRICS = pytest.StashKey[dict[str, float]]()
_ALBUM: pytest.StashKey[Album] = pytest.StashKey()
_MOST_RUNS = 10
_PRACTICE = pytest.StashKey[dict[Path, "GradingSession"]]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


def check_id(item: pytest.Item) -> str:
    """Return the identifier of a check: the function's name without ``test_``, with any parameters."""
    return item.name.removeprefix("test_")


def is_check(item: pytest.Item) -> bool:
    """Return whether a collected test is a check."""
    return item.get_closest_marker("points") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse misused markers before anything runs.

    Raises:
        pytest.UsageError: a marker, title or dependency is not as documented.
    """
    seen: set[tuple[Path | None, str]] = set()
    for item in filter(is_check, items):
        points(item), visibility(item), title(item), stochastic(item)
        for needed in needs(item):
            if (_group(item), needed) not in seen:
                raise pytest.UsageError(
                    f"{item.nodeid}: expected needs() to name a check that runs earlier. Received: {needed!r}"
                )
        if (_group(item), check_id(item)) in seen:
            raise pytest.UsageError(f"{item.nodeid}: there is a check named {check_id(item)!r} already.")
        seen.add((_group(item), check_id(item)))


def _group(item: pytest.Item) -> Path | None:
    """Return what identifiers are unique in: a run that is about one homework, else the folder."""
    return None if item.config.stash.get(ONE_HOMEWORK, False) else item.path.parent


def points(item: pytest.Item) -> float:
    """Return what a check is worth.

    Raises:
        pytest.UsageError: the marker does not hold one positive number.
    """
    marker = item.get_closest_marker("points")
    assert marker is not None
    match marker.args:
        case (int() | float() as number,) if 0 < number < math.inf and not marker.kwargs:
            return float(number)
    raise pytest.UsageError(f"{item.nodeid}: expected points(number above 0). Received: points{marker.args}")


def visibility(item: pytest.Item) -> Visibility:
    """Return whether students have a check's source; without a marker they do.

    Raises:
        pytest.UsageError: the marker does not name one of the two.
    """
    marker = item.get_closest_marker("visibility")
    if marker is None:
        return Visibility.PUBLIC
    with contextlib.suppress(ValueError, TypeError):
        return Visibility(*marker.args)
    raise pytest.UsageError(
        f"{item.nodeid}: expected visibility('public') or visibility('hidden'). Received: {marker.args}"
    )


def title(item: pytest.Item) -> str:
    """Return the first paragraph of a check's docstring, on one line.

    Raises:
        pytest.UsageError: there is none.
    """
    text = inspect.getdoc(getattr(item, "obj", None)) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    if not paragraph:
        raise pytest.UsageError(f"{item.nodeid}: expected a docstring: it is the title that students read.")
    return paragraph.rstrip(".")


def needs(item: pytest.Item) -> tuple[str, ...]:
    """Return the identifiers of the checks that have to pass before this one runs."""
    marker = item.get_closest_marker("needs")
    return () if marker is None else marker.args


@dataclass(frozen=True, slots=True)
class Stochastic:
    """The marker ``calibrated`` of a check: its rule, and the name of its runs."""

    rule: Rule
    stream: str


def stochastic(item: pytest.Item) -> Stochastic | None:
    """Return how a stochastic check decides, None for all others.

    Raises:
        pytest.UsageError: the marker is not as documented.
    """
    marker = item.get_closest_marker("calibrated")
    if marker is None:
        return None
    if "rng" in getattr(item, "fixturenames", ()):
        raise pytest.UsageError(
            f"{item.nodeid}: a calibrated check cannot use rng: its inputs would be others while it is "
            "calibrated. Make what it needs from the seed that the measurement is given."
        )
    match marker.args, {"slack": 0.0, "seeds": check_id(item)} | dict(marker.kwargs):
        case (), {"runs": int(runs), "slack": int() | float() as slack, "seeds": str(stream), **rest} if (
            1 <= runs <= _MOST_RUNS and 0 <= slack < math.inf and not rest
        ):
            return Stochastic(Rule(runs, float(slack)), stream)
    raise pytest.UsageError(
        f"{item.nodeid}: expected calibrated(runs=1 to {_MOST_RUNS}, slack=0 or more, seeds='name'). "
        f"Received: {marker.args or ''}{marker.kwargs}"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check when one that it needs did not pass."""
    if not is_check(item):
        return
    results = {result.id: result for result in _session(item).results}
    for needed in needs(item):
        if needed in results and results[needed].status is not CheckStatus.PASSED:
            pytest.skip(f"Needs this to pass first: {results[needed].title}.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn how a check ended into its record, and show students the message in place of a traceback."""
    report = yield
    if not is_check(item):
        return report
    ended = call.when == "call" or call.excinfo is not None
    if ended and call.when != "teardown":
        result = _judge(item, call.excinfo)
        _session(item).results.append(result)
        if (album := item.stash.get(_ALBUM, None)) is not None:
            _session(item).pictures.update(album.files)
        if report.skipped:
            report.longrepr = (str(item.path), item.location[1] or 0, result.message)
        elif report.failed and result.status is not CheckStatus.GRADER_ERROR:
            report.when = "call"  # student code may fail in a fixture; that is no error of the check
            report.longrepr = result.message + (f"\nHint: {result.hint}" if result.hint else "")
    return report


def _judge(item: pytest.Item, raised: pytest.ExceptionInfo[BaseException] | None) -> CheckResult:
    """Return a check's record for the exception it ended with, or for none."""
    from autograder.checks.verdict import CheckFailed, PartialCredit, StudentFault  # noqa: PLC0415 - light start
    from autograder.models.config import RefusedModel  # noqa: PLC0415

    status, share, message, hint, detail = CheckStatus.PASSED, 1.0, "", "", ""
    if raised is not None:
        share = 0.0
        match raised.value:
            case CheckFailed(message=message, hint=hint):
                status = CheckStatus.FAILED
            case PartialCredit(share=share, message=message, hint=hint):
                status = CheckStatus.PARTIAL
            case StudentFault(status=status, message=message, hint=hint):
                pass
            case RefusedModel():
                status, message = CheckStatus.REFUSED, str(raised.value)
            case pytest.skip.Exception():
                status, message = CheckStatus.SKIPPED, str(raised.value)
            case AssertionError():
                status, detail = CheckStatus.FAILED, str(raised.getrepr(style="short"))
                message = "What was returned is not what this check expects."
            case _:
                status, detail = CheckStatus.GRADER_ERROR, str(raised.getrepr(style="short"))
                message = "The check itself failed. This is not your fault; staff have been told."
    worth = points(item)
    return CheckResult(
        id=check_id(item),
        title=title(item),
        visibility=visibility(item),
        score=worth * share,
        max_score=worth,
        status=status,
        message=message,
        hint=hint,
        metrics=item.stash.setdefault(_METRICS, {}),
        measurement=_measurement(item),
        artifacts=album.artifacts if (album := item.stash.get(_ALBUM, None)) is not None else (),
        detail=detail,
    )


def _measurement(item: pytest.Item) -> Measurement | None:
    """Return what a stochastic check measured as the record keeps it: JSON has no NaN."""
    trials = item.stash.get(TRIALS, None)
    if trials is None or not trials.metric:
        return None
    return Measurement(
        what=trials.metric,
        direction=str(trials.direction),
        threshold=trials.calibrated.threshold if trials.calibrated else None,
        runs=trials.runs,
        trials=tuple(
            Trial(trial.seed, trial.value if math.isfinite(trial.value) else None) for trial in trials.done
        ),
    )


def _session(item: pytest.Item) -> GradingSession:
    """Return the grading session: the grader's own, or one for the student's folder."""
    if (session := item.config.stash.get(SESSION, None)) is not None:
        return session
    folder = item.path.parent
    practice = item.config.stash.setdefault(_PRACTICE, {})
    if folder not in practice:
        practice[folder] = _open_practice(item.config, folder)
    return practice[folder]


def _open_practice(config: pytest.Config, folder: Path) -> GradingSession:
    """Open a session for a student's folder, or end the run with a sentence they can act on."""
    from autograder.grading import practice  # noqa: PLC0415 - students only

    try:
        session, close = practice.practice_session(folder)
    except practice.CANNOT_START as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    config.add_cleanup(close)
    return session


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> Subject:
    """The student's code: ``submission.call("conv2d", …)``, ``submission.train(…)``."""
    return _session(request.node).subject


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Subject:
    """The reference solution, used like ``submission``. Hidden checks only: students do not have it."""
    subject = _session(request.node).reference
    if subject is None:
        raise pytest.UsageError(f"{request.node.nodeid}: a public check cannot use the reference.")
    return subject


@pytest.fixture
def homework(request: pytest.FixtureRequest) -> Homework:
    """The homework's declaration; ``homework.parameters`` are the handout's numbers."""
    return _session(request.node).homework


@pytest.fixture
def dataset(request: pytest.FixtureRequest) -> Dataset:
    """The homework's data: ``dataset.train`` and the hidden ``dataset.test``."""
    return _session(request.node).dataset


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A NumPy generator of the check's own: its inputs are the same for every student of a course."""
    return _session(request.node).generator(check_id(request.node))


@pytest.fixture
def run_seed(request: pytest.FixtureRequest) -> Callable[[str, int], int]:
    """``run_seed("training", 0)`` is the seed of the first run of that name; every student has others."""
    return _session(request.node).run_seed


@pytest.fixture
def calibrated(request: pytest.FixtureRequest) -> Trials:
    """``calibrated.at_least("accuracy", measure)`` judges a stochastic check; ``measure`` gets a seed."""
    from autograder.checks.trials import Trials  # noqa: PLC0415 - light start

    session, known, name = _session(request.node), stochastic(request.node), check_id(request.node)
    if known is None:
        raise pytest.UsageError(f"{request.node.nodeid}: the fixture needs the marker calibrated(runs=…).")
    thresholds = session.mode.thresholds if isinstance(session.mode, Judge) else None
    if thresholds is not None and name not in thresholds:
        raise pytest.UsageError(f"{request.node.nodeid}: the check was never calibrated.")
    trials = Trials(
        calibrated=None if thresholds is None else thresholds[name],
        seed_of=lambda attempt: session.run_seed(known.stream, attempt),
        runs=known.rule.runs,
    )
    request.node.stash[TRIALS] = trials
    return trials


@pytest.fixture
def metric(request: pytest.FixtureRequest) -> Callable[[str, float], None]:
    """``metric("accuracy", 0.93)`` keeps a measured figure in the result."""

    def keep(name: str, value: float) -> None:
        if math.isfinite(value):  # JSON has no other numbers; a diverged training is the check's to judge
            request.node.stash.setdefault(_METRICS, {})[name] = float(value)

    return keep


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[str, bytes, str], None]:
    """``picture("samples", image_grid(images, 8), "Your samples")`` keeps a picture for the student.

    It is kept whether the check passes or fails; one of the same name takes the place of the first.
    """
    from autograder.pictures.album import Album  # noqa: PLC0415 - light start

    album = Album(check_id(request.node))
    if isinstance(_session(request.node).mode, Judge):  # nobody looks at the pictures of a thousand runs
        request.node.stash[_ALBUM] = album
    return album.keep
