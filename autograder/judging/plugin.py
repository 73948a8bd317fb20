"""The pytest plugin: turns plain pytest functions into graded checks.

A test with the marker ``points`` is a check. The first paragraph of its docstring is the title that students
read. The marker ``visibility``, on the test or its module, says whether students have its source. The plugin
does not change tests without ``points``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.judging.check_spec import MARKERS, CheckSpec, check_id, read_spec, spec_of
from autograder.judging.mode import Judge
from autograder.result import CheckResult, CheckStatus

if TYPE_CHECKING:
    import numpy as np

    from autograder.checks.subject import Subject
    from autograder.checks.trials import Trials
    from autograder.datasets import Dataset
    from autograder.homework import Homework
    from autograder.judging.session import GradingSession
    from autograder.pictures.album import Album

SESSION = pytest.StashKey["GradingSession"]()
OPEN_SESSION = pytest.StashKey["Callable[[Path], GradingSession]"]()
"""A function from a folder with checks to a session for them, where there is no `SESSION`."""
ONE_HOMEWORK = pytest.StashKey[bool]()
"""Set when all collected checks belong to one homework, even from several folders."""
_TRIALS = pytest.StashKey["Trials"]()
_METRICS = pytest.StashKey[dict[str, float]]()
_ALBUM: pytest.StashKey[Album] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read what checks declare, and refuse misused markers before any check runs.

    Raises:
        pytest.UsageError: a marker is misused, a docstring is missing, or an identifier is used twice.
    """
    seen: set[tuple[Path | None, str]] = set()
    for item in items:
        group, spec = _group(item), read_spec(item)
        if spec is None:
            if group is None and item.get_closest_marker("calibrated") is not None:
                raise pytest.UsageError(
                    f"{item.nodeid}: expected points(number above 0) beside calibrated()."
                )
            continue
        for needed in spec.needs:
            if (group, needed) not in seen:
                raise pytest.UsageError(
                    f"{item.nodeid}: expected needs() to name a check that runs earlier. Received: {needed!r}"
                )
        if (group, spec.id) in seen:
            raise pytest.UsageError(f"{item.nodeid}: there is a check named {spec.id!r} already.")
        seen.add((group, spec.id))


def _group(item: pytest.Item) -> Path | None:
    """Return the scope in which identifiers are unique: a folder, or None for a run of one homework."""
    return None if item.config.stash.get(ONE_HOMEWORK, False) else item.path.parent


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a check when one that it needs did not pass."""
    spec = spec_of(item)
    if spec is None:
        return
    results = {result.id: result for result in _session(item).results}
    for needed in spec.needs:
        if needed in results and results[needed].status is not CheckStatus.PASSED:
            pytest.skip(f"Needs this to pass first: {results[needed].title}.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record how a check ended, and show students its message instead of a traceback."""
    report = yield
    spec = spec_of(item)
    if spec is None:
        return report
    ended = call.when == "call" or call.excinfo is not None
    if ended and call.when != "teardown":
        result = _judged(item, spec, call.excinfo)
        if report.skipped:
            report.longrepr = (str(item.path), item.location[1] or 0, result.message)
        elif report.failed and result.status is not CheckStatus.GRADER_ERROR:
            report.when = "call"  # student code that fails in a fixture is no error of the check
            report.longrepr = result.message + (f"\nHint: {result.hint}" if result.hint else "")
    return report


def _judged(
    item: pytest.Item, spec: CheckSpec, raised: pytest.ExceptionInfo[BaseException] | None
) -> CheckResult:
    """Judge a check that has ended; add its record and its pictures to the session."""
    from autograder.judging.check_result import judge  # noqa: PLC0415 - a fast start of pytest

    session, album = _session(item), item.stash.get(_ALBUM, None)
    result = judge(
        spec,
        raised,
        metrics=item.stash.get(_METRICS, {}),
        trials=item.stash.get(_TRIALS, None),
        artifacts=album.artifacts if album is not None else (),
    )
    session.results.append(result)
    session.pictures.update(album.files if album is not None else {})
    return result


def _session(item: pytest.Item) -> GradingSession:
    """Return the grading session: the grader's own, or one for the folder of the check."""
    if (session := item.config.stash.get(SESSION, None)) is not None:
        return session
    return item.config.stash[OPEN_SESSION](item.path.parent)


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> Subject:
    """The student's code: ``submission.call("conv2d", …)``, ``submission.train(…)``."""
    return _session(request.node).subject


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Subject:
    """The reference solution, used like ``submission``. For hidden checks only: students do not have it."""
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
    """A NumPy generator for this check alone; its numbers are the same for every student of a course."""
    return _session(request.node).generator(check_id(request.node))


@pytest.fixture
def run_seed(request: pytest.FixtureRequest) -> Callable[[str, int], int]:
    """``run_seed("training", 0)`` is the seed of the first run of that name; it differs between students."""
    return _session(request.node).run_seed


@pytest.fixture
def calibrated(request: pytest.FixtureRequest) -> Trials:
    """``calibrated.at_least("accuracy", measure)`` judges a stochastic check; ``measure`` gets a seed."""
    from autograder.checks.trials import Trials  # noqa: PLC0415 - a fast start of pytest

    session, spec = _session(request.node), spec_of(request.node)
    if spec is None or (known := spec.stochastic) is None:
        raise pytest.UsageError(f"{request.node.nodeid}: the fixture needs the marker calibrated(runs=…).")
    thresholds = session.mode.thresholds if isinstance(session.mode, Judge) else None
    if thresholds is not None and spec.id not in thresholds:
        raise pytest.UsageError(f"{request.node.nodeid}: the check was never calibrated.")
    trials = Trials(
        calibrated=None if thresholds is None else thresholds[spec.id],
        seed_of=lambda attempt: session.run_seed(known.stream, attempt),
        runs=known.rule.runs,
        repeats_far=session.repeats_far,
    )
    request.node.stash[_TRIALS] = trials
    return trials


@pytest.fixture
def metric(request: pytest.FixtureRequest) -> Callable[[str, float], None]:
    """``metric("accuracy", 0.93)`` records a measured number in the result."""

    def keep(name: str, value: float) -> None:
        if math.isfinite(value):  # JSON has no NaN; the check judges a training that diverged
            request.node.stash.setdefault(_METRICS, {})[name] = float(value)

    return keep


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[str, bytes, str], None]:
    """``picture("samples", image_grid(images, 8), "Your samples")`` keeps a picture for the student.

    It is kept whether the check passes or fails. A later picture of the same name replaces an earlier one.
    """
    from autograder.pictures.album import Album  # noqa: PLC0415 - a fast start of pytest

    album = Album(check_id(request.node))
    if isinstance(_session(request.node).mode, Judge):  # a calibration needs no pictures
        request.node.stash[_ALBUM] = album
    return album.keep
