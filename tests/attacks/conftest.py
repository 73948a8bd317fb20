"""Grades the class once for each configuration, two at a time, and sums up at the end."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from attacks.attack import Attack
from attacks.command import ClassGraded, Configuration, grade_class
from attacks.table import ATTACKS
from attacks.verdict import verdict
from autograder.sandbox.tier import Tier, probe

AT_A_TIME = min(2, os.cpu_count() or 1)
_GRADED = pytest.StashKey[dict[Configuration, "Future[ClassGraded]"]]()


def configurations() -> list[Configuration]:
    """Return every tier as everybody: tests that run as root play the ordinary user as well."""
    users = ["root", "ordinary"] if os.geteuid() == 0 else ["ordinary"]
    return [Configuration(tier, user) for tier in ("namespaces", "landlock") for user in users]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for each configuration in turn; within one, for each attack."""
    if "graded" in metafunc.fixturenames:
        metafunc.parametrize("graded", configurations(), ids=str, indirect=True, scope="session")
    if "attack" in metafunc.fixturenames:
        metafunc.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])


@pytest.fixture(scope="session")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Configuration, "Future[ClassGraded]"]]:
    """Start grading for all configurations that selected tests need, with the attacks that they need."""
    wanted: dict[Configuration, dict[str, Attack]] = {}
    for item in request.session.items:
        parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
        if isinstance(configuration := parameters.get("graded"), Configuration) and not unavailable(
            configuration
        ):
            chosen = [parameters["attack"]] if "attack" in parameters else ATTACKS
            wanted.setdefault(configuration, {}).update({attack.name: attack for attack in chosen})
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        started = {
            configuration: pool.submit(
                grade_class,
                configuration,
                [attack for attack in ATTACKS if attack.name in attacks],
                tmp_path_factory.mktemp(f"zoo-{configuration}"),
            )
            for configuration, attacks in wanted.items()
        }
        request.config.stash[_GRADED] = started
        yield started


@pytest.fixture
def graded(
    request: pytest.FixtureRequest, running: dict[Configuration, "Future[ClassGraded]"]
) -> ClassGraded:
    """The class, graded at one tier by one user."""
    configuration: Configuration = request.param
    if reason := unavailable(configuration):
        pytest.skip(reason)
    return running[configuration].result()


def unavailable(configuration: Configuration) -> str:
    """Return why this machine cannot grade so, empty when it can."""
    if configuration.tier == "namespaces" and probe().tier is not Tier.NAMESPACES:
        return f"no user namespaces: {probe().missing}"
    return ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print one line for each configuration."""
    for configuration, future in config.stash.get(_GRADED, {}).items():
        if future.done() and future.exception() is None:
            terminalreporter.write_line(f"{configuration}: {verdict(future.result())}")
    if config.stash.get(_GRADED, {}):
        waiting = ", ".join(f"{attack.name} ({attack.waits_for})" for attack in ATTACKS if attack.waits_for)
        terminalreporter.write_line(f"Tried as far as this homework goes, and waiting for another: {waiting}")
