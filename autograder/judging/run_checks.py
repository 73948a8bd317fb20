"""Run a homework's checks with pytest, isolated from everything except the files that the author wrote.

No configuration file is read, and only this package's plugin and pytest's own are loaded. So a file that a
submission or a site-packages folder contains has no effect. The homework's ``conftest.py`` holds the fixtures
that public and hidden checks share. It is imported by its path in the course; no other one is loaded. Helper
modules beside the checks are imported anew for each run, and only by the names that `helper_modules` found.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

from autograder.calibration.certificate import Rule
from autograder.homework import (
    SHARED_FIXTURES,
    Homework,
    HomeworkError,
    importable_helpers,
    refuse_helpers,
)
from autograder.judging import plugin
from autograder.judging.check_spec import CheckSpec, spec_of
from autograder.judging.mode import Measure
from autograder.judging.session import GradingSession
from autograder.result import Visibility

# Parts of pytest that write files, or cost time at every start.
_UNUSED = (
    *("cacheprovider", "stepwise", "junitxml", "pastebin", "doctest", "unittest", "logging"),
    *("unraisableexception", "threadexception", "faulthandler", "tmpdir", "monkeypatch", "recwarn"),
)
_ISOLATED = (
    *("-c", os.devnull, "--noconftest", "--disable-plugin-autoload"),
    *("-p", "autograder.judging.plugin"),
    *(word for name in _UNUSED for word in ("-p", f"no:{name}")),
    *("--import-mode=importlib", "--assert=plain", "--strict-markers", "--capture=no", "-q"),
)


class ChecksBroken(RuntimeError):  # noqa: N818 - names the state of the checks
    """The checks could not be run. Staff have to fix this; no student gets 0 points for it."""


class Turns(Protocol):
    """Decides in which order checks run, and is told when each one begins."""

    def order(self, checks: list[CheckSpec]) -> list[CheckSpec]:
        """Return the same checks in another order, each after those that it needs."""
        ...

    def begins(self, check: CheckSpec) -> None:
        """Learn that a check begins."""
        ...


def run_checks(session: GradingSession, only: Collection[str] = (), turns: Turns | None = None) -> None:
    """Run the checks of the session's homework; the results are in ``session.results``.

    Args:
        session: the submission and its homework.
        only: identifiers of the checks to run; the checks that they need run as well. All checks if empty.
        turns: decides about the order; the order in the files if it is None.

    Raises:
        ChecksBroken: pytest could not collect or run the checks.
        KeyboardInterrupt: the run was interrupted.
    """
    grader = _Grader(session, frozenset(only), turns)
    code = _pytest(session.homework, grader)
    if grader.interrupted:  # pytest catches Ctrl-C
        raise KeyboardInterrupt
    nothing = (pytest.ExitCode.NO_TESTS_COLLECTED,) if only else ()
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, *nothing):
        raise ChecksBroken(f"pytest ended with {code!r}: {'; '.join(grader.problems) or 'see the log'}")


@dataclass(frozen=True, slots=True)
class Collected:
    """The checks of a homework, collected and not run.

    Attributes:
        checks: what each check declares, in the order they run.
    """

    checks: tuple[CheckSpec, ...]

    @property
    def points(self) -> dict[str, float]:
        """Check → its points."""
        return {check.id: check.points for check in self.checks}

    @property
    def rules(self) -> dict[str, Rule]:
        """Stochastic check → how it decides."""
        return {check.id: check.stochastic.rule for check in self.checks if check.stochastic is not None}

    @property
    def public(self) -> frozenset[str]:
        """The checks whose source students have."""
        return frozenset(check.id for check in self.checks if check.visibility is Visibility.PUBLIC)


def collect_checks(homework: Homework) -> Collected:
    """Collect the checks without running them.

    Raises:
        HomeworkError: they cannot be collected, or import a helper module that cannot be one.
    """
    refuse_helpers(homework)
    collector = _Collector()
    code = _pytest(homework, collector, "--collect-only")
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise HomeworkError(
            f"{homework.name}: the checks cannot be collected: {'; '.join(collector.problems) or repr(code)}"
        )
    return Collected(tuple(collector.checks))


def verify_manifest(homework: Homework) -> Collected:
    """Collect the checks without running them, and compare them with the manifest.

    Raises:
        HomeworkError: the checks are not exactly those listed, their points do not add up, or they import a
            helper module that cannot be one.
    """
    collected = collect_checks(homework)
    for path in homework.check_files:
        _refuse_duplicates(path)
    manifest = homework.folder / "homework.toml"
    found, listed = set(collected.points), set(homework.checks)
    if found != listed:
        missing = ", ".join(sorted(listed - found)) or "none"
        extra = ", ".join(sorted(found - listed)) or "none"
        raise HomeworkError(
            f"{manifest}: 'checks' is not what pytest collects. Listed but not collected: {missing}. "
            f"Collected but not listed: {extra}."
        )
    total = sum(collected.points.values())
    if total != homework.max_score:
        raise HomeworkError(
            f"{manifest}: expected max_score = {total:g}, the checks' sum. Received: {homework.max_score:g}"
        )
    return collected


def _refuse_duplicates(path: Path) -> None:
    """Refuse two checks of one name in a file: Python keeps only the second, without a warning."""
    tree = ast.parse(path.read_bytes())
    names = Counter(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    if duplicates := [name for name, count in names.items() if count > 1 and name.startswith("test_")]:
        raise HomeworkError(
            f"{path}: expected one check of each name. Received: {', '.join(duplicates)} twice."
        )


def _pytest(homework: Homework, observer: _Observer, *options: str) -> int | pytest.ExitCode:
    """Run pytest on a homework's checks."""
    arguments = [*_ISOLATED, *options, f"--rootdir={homework.folder}", *map(str, homework.check_files)]
    plugins: list[object] = [observer]
    try:
        with _isolated_pytest(observer), importable_helpers(homework):
            if (shared := homework.folder / SHARED_FIXTURES).is_file():
                plugins.append(_import(shared, homework.name))
            return pytest.main(arguments, plugins=plugins)
    finally:
        _unload(homework.check_files)


def _unload(files: tuple[Path, ...]) -> None:
    """Remove imported checks from `sys.modules`: those of another homework have the same names."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in {str(file) for file in files}:
            del sys.modules[name]


def _import(path: Path, name: str) -> ModuleType:
    """Import the author's fixtures.

    Raises:
        ChecksBroken: they cannot be imported.
    """
    spec = importlib.util.spec_from_file_location(f"{name}_fixtures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ChecksBroken(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


class _Observer:
    """Records why pytest failed.

    Attributes:
        problems: sentences about errors.
        interrupted: whether Ctrl-C ended pytest; errors in collection have the same exit code.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.interrupted = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        raised = excinfo.value
        self.interrupted = isinstance(raised, KeyboardInterrupt) and not isinstance(
            raised, pytest.Session.Interrupted
        )

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.ONE_HOMEWORK] = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            place = f"{report.nodeid}: " if report.nodeid else ""
            self.problems.append(
                place + report.longreprtext.strip().splitlines()[-1].removeprefix("E").strip()
            )


class _Grader(_Observer):
    """Gives the session to the plugin, and removes the checks that were not selected.

    A selected check brings the checks that it needs, except in a run that measures.
    """

    def __init__(self, session: GradingSession, only: frozenset[str], turns: Turns | None) -> None:
        super().__init__()
        self._session = session
        self._only = only
        self._turns = turns

    def pytest_configure(self, config: pytest.Config) -> None:
        super().pytest_configure(config)
        config.stash[plugin.SESSION] = self._session

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._select(items)
        if self._turns is not None:
            checks = {spec: item for item in items if (spec := spec_of(item)) is not None}
            items[:] = [checks[spec] for spec in self._turns.order(list(checks))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self._turns is not None and (spec := spec_of(item)) is not None:
            self._turns.begins(spec)

    def _select(self, items: list[pytest.Item]) -> None:
        """Remove the checks that were not selected."""
        measured = self._session.mode.checks if isinstance(self._session.mode, Measure) else ()
        wanted = set(measured or self._only)
        if not wanted:
            return
        specs = [(item, spec) for item in items if (spec := spec_of(item)) is not None]
        if not measured:
            for _, spec in reversed(specs):  # what a check needs runs earlier
                wanted.update(spec.needs if spec.id in wanted else ())
        items[:] = [item for item, spec in specs if spec.id in wanted]


class _Collector(_Observer):
    """Records the collected checks."""

    def __init__(self) -> None:
        super().__init__()
        self.checks: list[CheckSpec] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.checks = [spec for item in session.items if (spec := spec_of(item)) is not None]


@contextlib.contextmanager
def _isolated_pytest(observer: _Observer) -> Iterator[None]:
    """Hide environment variables that change pytest, discard its output, and record its error messages."""
    hidden = {
        name: os.environ.pop(name) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS") if name in os.environ
    }
    errors, writes_bytecode = io.StringIO(), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # compiled checks in a released folder would be a leak
    try:
        with (
            Path(os.devnull).open("w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(errors),
        ):
            yield
    finally:
        sys.dont_write_bytecode = writes_bytecode
        os.environ.update(hidden)
        observer.problems += [line for line in errors.getvalue().splitlines() if line.startswith("ERROR: ")]
