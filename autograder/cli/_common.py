"""Parts that the commands share: options, the console, error messages."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from autograder.homework import Course, HomeworkError


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def slots() -> int:
    """Return how many submissions are graded at a time by default: one more than there are cores.

    So the cores are busy while one submission waits: for a process that starts, or for code that sleeps.
    """
    return cores() + 1


course_option = click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The course's folder, or a folder inside it. Default: the current folder.",
)


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    default=slots,
    help="Submissions in parallel. Default: one more than there are cores.",
)


def console() -> Console:
    """Return the console for output."""
    return Console(highlight=False)


class CannotStartError(click.ClickException):
    """The command cannot run. Only the message is shown, without a usage line."""

    exit_code = 2


def fail(message: str) -> NoReturn:
    """End the command with a message and exit code 2.

    Raises:
        CannotStartError: always.
    """
    raise CannotStartError(message)


@contextlib.contextmanager
def usage_errors(*kinds: type[Exception]) -> Iterator[None]:
    """End the command with the message of an exception of these kinds, or of a `HomeworkError`."""
    shown: tuple[type[Exception], ...] = (HomeworkError, *kinds)
    try:
        yield
    except shown as error:
        fail(str(error))


def find_course(folder: Path) -> Course:
    """Return the course that holds ``folder``, or end the command."""
    with usage_errors():
        return Course.find(folder)
