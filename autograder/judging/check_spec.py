"""Read what a check's markers and docstring declare, once, when pytest has collected the check."""

from __future__ import annotations

import contextlib
import inspect
import math
from dataclasses import dataclass
from typing import Final

import pytest

from autograder.calibration.certificate import Rule
from autograder.result import Visibility

MARKERS: Final = (
    "points(number): what the check is worth; makes the test a check",
    "visibility(which): 'public' (students have the source) or 'hidden'",
    "needs(*checks): identifiers of checks, earlier in the file, that have to pass first",
    "calibrated(runs, slack, seeds): a stochastic check; most runs, tolerance, name for its seeds",
)
_MOST_RUNS: Final = 10


@dataclass(frozen=True, slots=True)
class Stochastic:
    """The marker ``calibrated`` of a check.

    Attributes:
        rule: how the check decides.
        stream: name from which the seeds of its runs are derived; checks with the same name share their runs.
    """

    rule: Rule
    stream: str


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """What the author declared about one check.

    Attributes:
        id: its identifier.
        points: points for a pass.
        visibility: whether students have its source.
        title: what students read: the first paragraph of its docstring, on one line.
        stochastic: how a stochastic check decides; None for all others.
        needs: identifiers of the checks that have to pass before this one runs.
    """

    id: str
    points: float
    visibility: Visibility
    title: str
    stochastic: Stochastic | None
    needs: tuple[str, ...]


_SPEC: Final = pytest.StashKey[CheckSpec]()


def spec_of(item: pytest.Item) -> CheckSpec | None:
    """Return what a collected check declares; None for a test that is no check."""
    return item.stash.get(_SPEC, None)


def check_id(item: pytest.Item) -> str:
    """Return the identifier of a check: the function's name without ``test_``, with any parameters."""
    return item.name.removeprefix("test_")


def read_spec(item: pytest.Item) -> CheckSpec | None:
    """Read what a test declares, and store it for `spec_of`; None for a test that is no check.

    Raises:
        pytest.UsageError: a marker is misused, or the docstring is missing.
    """
    if item.get_closest_marker("points") is None:
        return None
    spec = CheckSpec(
        id=check_id(item),
        points=_points(item),
        visibility=_visibility(item),
        title=_title(item),
        stochastic=_stochastic(item),
        needs=marker.args if (marker := item.get_closest_marker("needs")) is not None else (),
    )
    item.stash[_SPEC] = spec
    return spec


def _points(item: pytest.Item) -> float:
    """Return the points of a check: one positive number."""
    marker = item.get_closest_marker("points")
    assert marker is not None
    match marker.args:
        case (int() | float() as number,) if 0 < number < math.inf and not marker.kwargs:
            return float(number)
    raise pytest.UsageError(f"{item.nodeid}: expected points(number above 0). Received: points{marker.args}")


def _visibility(item: pytest.Item) -> Visibility:
    """Return whether students have a check's source; without a marker they do."""
    marker = item.get_closest_marker("visibility")
    if marker is None:
        return Visibility.PUBLIC
    with contextlib.suppress(ValueError, TypeError):
        return Visibility(*marker.args)
    raise pytest.UsageError(
        f"{item.nodeid}: expected visibility('public') or visibility('hidden'). Received: {marker.args}"
    )


def _title(item: pytest.Item) -> str:
    """Return the first paragraph of a check's docstring, on one line."""
    text = inspect.getdoc(getattr(item, "obj", None)) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    if not paragraph:
        raise pytest.UsageError(f"{item.nodeid}: expected a docstring: it is the title that students read.")
    return paragraph.rstrip(".")


def _stochastic(item: pytest.Item) -> Stochastic | None:
    """Return how a stochastic check decides; None for all others."""
    marker = item.get_closest_marker("calibrated")
    if marker is None:
        return None
    if "rng" in getattr(item, "fixturenames", ()):
        raise pytest.UsageError(
            f"{item.nodeid}: a calibrated check cannot use rng: it would give other inputs during the "
            "calibration. Make the inputs from the seed that the measurement receives."
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
