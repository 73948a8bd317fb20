"""``autograder check``: run the public checks in a student's own folder."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from autograder.cli._common import console, usage_errors
from autograder.grading.practice import CANNOT_START, open_practice
from autograder.grading.run_checks import ChecksBroken, run_checks
from autograder.grading.session import GradingSession
from autograder.homework import MANIFEST, Homework, HomeworkError, load_homework
from autograder.pictures.store import write_pictures
from autograder.result import CheckResult, CheckStatus

_MARKS = {
    CheckStatus.PASSED: ("✓", "green"),
    CheckStatus.NOT_ATTEMPTED: ("·", "dim"),
    CheckStatus.SKIPPED: ("·", "dim"),
}


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.argument("path", type=click.Path(path_type=Path), required=False)
def check(name: str, path: Path | None) -> None:
    """Run the public checks of HOMEWORK on your folder.

    PATH is the folder with your files. Without it: here, ./HOMEWORK, or ./assignments/HOMEWORK.
    Ends with 0 when every public check passes, 1 otherwise. There are hidden checks as well.
    Pictures that checks draw are put into the folder pictures/ beside your files.
    """
    show = console()
    with usage_errors(*CANNOT_START, ChecksBroken):
        homework = _find(name, path)
        with show.status("Starting TensorFlow …"):
            session, close = open_practice(homework, homework.folder)
        try:
            with show.status("Running the checks …"):
                run_checks(session)
        finally:
            close()
    show.print(_table(session.results))
    show.print(_keep_pictures(session, homework.folder / "pictures"), markup=False, end="")
    earned = sum(result.score for result in session.results)
    public = sum(result.max_score for result in session.results)
    show.print(
        f"{earned:g} of {public:g} public points. The homework has {homework.max_score:g}; "
        "hidden checks decide about the rest.",
        markup=False,
    )
    if earned < public:
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


def _keep_pictures(session: GradingSession, folder: Path) -> str:
    """Write the pictures beside the student's files; return lines that say where they are, or why not.

    Nothing else in that folder is changed: it belongs to the student, and may hold their own pictures.
    """
    if not session.pictures:
        return ""
    try:
        write_pictures(folder, session.pictures)
    except OSError as error:
        return f"The pictures could not be kept: {error}\n"
    kept = [artifact for result in session.results for artifact in result.artifacts]
    lines = [f"  {artifact.name}: {artifact.caption}" for artifact in kept]
    return "\n".join([f"Pictures, in {folder}:", *lines, ""])


def _table(results: list[CheckResult]) -> Table:
    """Return the verdicts, each with its message and hint below the title."""
    table = Table(show_header=False, box=None, padding=(0, 1))
    for result in results:
        mark, colour = _MARKS.get(result.status, ("✗", "red"))
        text = Text(result.title)
        for line in filter(None, (result.message, f"Hint: {result.hint}" if result.hint else "")):
            text.append(f"\n{line}", style="dim" if result.status is CheckStatus.SKIPPED else "")
        table.add_row(
            Text(mark, style=colour),
            Text(f"{result.score:g}/{result.max_score:g}"),
            Text(result.status.words, style=colour),
            text,
        )
    return table
