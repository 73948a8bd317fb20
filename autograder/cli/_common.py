"""What the commands share: options, the console, errors for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from autograder.homework import Course, HomeworkError

course_option = click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The course's folder, or one inside it. Default: here.",
)


def console() -> Console:
    """Return the console that people read."""
    return Console(highlight=False)


class CannotStartError(click.ClickException):
    """The command cannot do what it was asked for; the message is the whole answer, without a usage line."""

    exit_code = 2


def fail(message: str) -> NoReturn:
    """End the command with a message and exit code 2.

    Raises:
        CannotStartError: always.
    """
    raise CannotStartError(message)


@contextlib.contextmanager
def usage_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Show these exceptions, and a homework that cannot be used, as a sentence without a traceback."""
    shown: tuple[type[Exception], ...] = (HomeworkError, *kinds)
    try:
        yield
    except shown as error:
        fail(str(error))


def find_course(folder: Path) -> Course:
    """Return the course that holds ``folder``, or end the command."""
    with usage_errors():
        return Course.find(folder)
