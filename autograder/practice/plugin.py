"""Makes plain ``pytest`` enough in a student's folder: opens a session for the ``homework.toml`` there.

pytest loads this module wherever the package is installed. Grading loads only `autograder.judging.plugin`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.judging.plugin import OPEN_SESSION

if TYPE_CHECKING:
    from autograder.judging.session import GradingSession

pytest_plugins = ("autograder.judging.plugin",)


def pytest_configure(config: pytest.Config) -> None:
    """Say how checks without a session get one."""
    sessions: dict[Path, GradingSession] = {}

    def session_for(folder: Path) -> GradingSession:
        if folder not in sessions:
            sessions[folder] = _open_session(config, folder)
        return sessions[folder]

    config.stash[OPEN_SESSION] = session_for


def _open_session(config: pytest.Config, folder: Path) -> GradingSession:
    """Open a session for a student's folder, or end pytest with a message that says what to do."""
    from autograder.practice import practice  # noqa: PLC0415 - a fast start of pytest

    try:
        session, close = practice.practice_session(folder)
    except practice.CANNOT_START as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    config.add_cleanup(close)
    return session
