"""The command line. Each command is imported only when it runs, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
from typing import Any, Final

import click

from autograder import __version__

_COMMANDS: Final = {
    "calibrate": "Measure the reference, and write the certificate of the thresholds.",
    "check": "Run the public checks on your own folder.",
    "demo": "Grade a small sample class, and show the table.",
    "doctor": "Show what this machine can do, and how to fix what it cannot.",
    "grade": "Grade a class.",
    "selftest": "Test that a homework's checks judge known solutions correctly.",
    "release": "Cut the stubs from the references, and search for leaks.",
}


INTERRUPTED: Final = 130
"""The exit status of a command that Ctrl-C ended."""


class _LazyGroup(click.Group):
    """A group that knows its commands by name and help line, and imports a command when that runs."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Ctrl-C ends every command in the same way, also while it is being imported."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"autograder.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="autograder")
def main() -> None:
    """Autograded deep-learning homework that a course can trust."""
