"""``autograder check``: run the public checks in a student's own folder."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from autograder.cli._common import usage_errors
from autograder.cli._progress import progress
from autograder.cli._verdicts import verdict_table
from autograder.cli._watch import state_of, wait_for_change
from autograder.homework import MANIFEST, Homework, HomeworkError, load_homework
from autograder.judging.run_checks import ChecksBroken
from autograder.pictures.store import write_pictures
from autograder.practice.lazy_runner import LazyRunner, names_tensorflow
from autograder.practice.practice import CANNOT_START, Practice, open_practice, start_runner
from autograder.result import CheckResult, CheckStatus


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Run one check, or the checks that call one of your functions. Can be given several times.",
)
@click.option("--repeat", is_flag=True, help="Repeat a training that is far from its goal, as grading does.")
@click.option("--watch", is_flag=True, help="Run again when a file is saved, until Ctrl-C.")
@click.option("--fresh", is_flag=True, help="Run everything, also what has not changed since an earlier run.")
def check(
    name: str, path: Path | None, only: tuple[str, ...], repeat: bool, watch: bool, fresh: bool
) -> None:
    """Run the public checks of HOMEWORK on your folder.

    PATH is the folder with your files. Without it: here, ./HOMEWORK, or ./assignments/HOMEWORK.
    Ends with 0 when every public check passes, 1 otherwise. There are hidden checks as well.
    Code is run only if something changed that it uses: after an edit, a network is trained again
    only if its training calls the edited function.
    Pictures that checks draw are put into the folder pictures/ beside your files.
    """
    show = Console(highlight=False, file=sys.stdout)  # fixed, because pytest's output is hidden
    with usage_errors(*CANNOT_START, ChecksBroken):
        command = _Check(show, _find(name, path).folder, only, repeat, fresh)
        with contextlib.closing(command.runner):
            passed = command.watch() if watch else command.run()
    if not passed:
        raise click.exceptions.Exit(1)


def _find(name: str, path: Path | None) -> Homework:
    """Return the homework in the folder to check.

    Raises:
        HomeworkError: it was not found; the message names the folders that were searched.
    """
    candidates = [path] if path is not None else [Path(), Path(name), Path("assignments") / name]
    for candidate in candidates:
        if (candidate / MANIFEST).is_file() and (homework := load_homework(candidate)).name == name:
            return homework
    looked = ", ".join(str(candidate.resolve()) for candidate in candidates)
    raise HomeworkError(
        f"Expected the folder of homework {name!r}, with its {MANIFEST}. Looked in: {looked}."
    )


@dataclass
class _Check:
    """The command, for one run or for many.

    Attributes:
        show: the console.
        folder: the homework's folder.
        only: what was asked for; everything if empty.
        repeat: repeat trainings that are far from their goal.
        fresh: run everything in the first run.
        runner: runs the student's code, in all runs.
    """

    show: Console
    folder: Path
    only: tuple[str, ...]
    repeat: bool
    fresh: bool

    def __post_init__(self) -> None:
        self.runner: LazyRunner = start_runner()
        self._shown: dict[str, CheckResult] | None = None
        self._needs_tensorflow = False

    def run(self) -> bool:
        """Run the checks and show the verdicts that are new; return whether they have all points."""
        with progress(self.show) as tell:
            self.runner.tell = tell
            homework = load_homework(self.folder)
            practice = open_practice(homework, self.folder, self.runner, fresh=self.fresh, repeat=self.repeat)
            self._needs_tensorflow = names_tensorflow(practice.session.submission.files)
            results = practice.run(practice.asked(self.only))
        known, self._shown = self._shown, {result.id: result for result in results}
        news = [result for result in results if known is None or not _same(result, known.get(result.id))]
        self.show.print(verdict_table(news) if news else Text("No verdict has changed."))
        self.show.print(_keep_pictures(practice, news, self.folder / "pictures"), markup=False, end="")
        self.show.print(self._summary(practice, results), markup=False)
        return sum(result.score for result in results) >= sum(result.max_score for result in results)

    def watch(self) -> bool:
        """Run the checks again and again, whenever a file is saved, until Ctrl-C."""
        while True:
            try:
                seen = state_of(self.folder)
                self._run_or_refuse()
                self._warm_up()
                self.show.print("Waiting until a file is saved. Ctrl-C ends.", style="dim")
                wait_for_change(self.folder, seen)
            except OSError as error:
                if self.folder.is_dir():
                    raise
                raise HomeworkError(
                    f"Expected a folder to watch. Received: {self.folder} is gone."
                ) from error

    def _run_or_refuse(self) -> None:
        """Run the checks once, or print why they cannot be run now; go on unless the runner is lost."""
        try:
            self.run()
        except (*CANNOT_START, ChecksBroken) as error:  # such as a file that is away for a moment
            if self.runner.failed is not None:
                raise
            self.show.print(str(error), markup=False)
        self.fresh = False

    def _warm_up(self) -> None:
        """Start TensorFlow, so that the next run does not wait for it."""
        if self._needs_tensorflow:
            with progress(self.show) as self.runner.tell:
                self.runner.warm_up()

    def _summary(self, practice: Practice, results: Sequence[CheckResult]) -> str:
        """Return which verdicts come from earlier runs, and the points."""
        lines = []
        known = sum(
            result.id in practice.turns.unchanged and result.status is not CheckStatus.SKIPPED
            for result in results
        )
        if known:
            plural = "" if len(results) == 1 else "s"
            lines.append(f"{known} of {len(results)} check{plural}: known from an earlier run.")
        earned = sum(result.score for result in results)
        points = sum(result.max_score for result in results)
        if self.only:
            lines.append(f"{earned:g} of {points:g} points of these checks.")
        else:
            lines.append(
                f"{earned:g} of {points:g} public points. The homework has "
                f"{practice.session.homework.max_score:g}; hidden checks decide about the rest."
            )
        return "\n".join(lines)


def _same(result: CheckResult, earlier: CheckResult | None) -> bool:
    """Return whether students would read the same about two results of a check."""
    return earlier is not None and (result.status, result.score, result.message, result.hint) == (
        earlier.status,
        earlier.score,
        earlier.message,
        earlier.hint,
    )


def _keep_pictures(practice: Practice, results: Sequence[CheckResult], folder: Path) -> str:
    """Write the pictures beside the student's files; return lines that say where they are, or why not.

    Nothing else in that folder is changed: it belongs to the student, and may hold their own pictures.

    Args:
        practice: the run.
        results: the results whose pictures are named.
        folder: the folder for pictures.
    """
    if not practice.session.pictures:
        return ""
    try:
        write_pictures(folder, practice.session.pictures)
    except OSError as error:
        return f"The pictures could not be kept: {error}\n"
    kept = [artifact for result in results for artifact in result.artifacts]
    lines = [f"  {artifact.name}: {artifact.caption}" for artifact in kept]
    return "\n".join([f"Pictures, in {folder}:", *lines, ""]) if lines else ""
