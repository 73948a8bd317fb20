"""``autograder selftest``: test that a homework's checks judge known solutions correctly."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.authoring.proof_page import write_proof_page
from autograder.authoring.selftest import MISSING, SEEDS, Row, SelfTest, Verdict
from autograder.authoring.specimens import named, specimens
from autograder.cli._class_run import CANNOT_GRADE
from autograder.cli._common import console, course_option, find_course, jobs_option, usage_errors
from autograder.cli._counted import counted, seconds_of
from autograder.cli._verdicts import mark_of
from autograder.cli.grade import choose_tier, tier_option
from autograder.homework import SolvedHomework
from autograder.result import CheckStatus, time_now

_KEY: Final = (
    "yes, no: whether the solution was judged as expected. ✓ passed, ✗ did not pass, "
    "· not attempted or skipped, ? not run; red: not as expected."
)


@click.command()
@click.argument("name", metavar="HOMEWORK")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Only this solution; may be repeated. Writes no evidence."
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=SEEDS,
    show_default=True,
    help="Submissions of each solution that stochastic checks judge. Fewer write no evidence.",
)
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False), help="Write a Markdown page with the matrix."
)
@click.option(
    "--print",
    "printed",
    metavar="NAME",
    help="Print the files of this solution as they are handed in, and test nothing.",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="Grade all solutions anew; use no stored results, and no known replies of jobs.",
)
@jobs_option
@tier_option
@course_option
def selftest(  # one parameter per option
    name: str,
    only: tuple[str, ...],
    seeds: int,
    page: Path | None,
    printed: str | None,
    fresh: bool,
    jobs: int,
    wanted: str | None,
    course_folder: Path,
) -> None:
    """Grade the reference, the stub, and all correct (wheat) and wrong (chaff) solutions of HOMEWORK.

    Correct solutions must get full marks on every seed, and the stub none. A wrong solution must fail the
    checks that its docstring names and no others. Writes selftest.json, which release requires, beside the
    reference.

    A new start after Ctrl-C or after a wrong judgement grades only changed solutions, unless checks,
    reference, calibration or this program changed. Then all are graded, but only new jobs are run: if only a
    message or a tolerance changed, there are none.

    Exit code 0: everything was judged correctly; 1 otherwise.
    """
    course = find_course(course_folder)
    show = console()
    with usage_errors(*CANNOT_GRADE):
        homework = course.homework(name)
        if printed is not None:
            _print_solution(homework, printed)
            return
        test = SelfTest(
            course, homework, tier=choose_tier(wanted), jobs=jobs, seeds=seeds, only=only, fresh=fresh
        )
        if fresh:
            test.kept().forget()
        work, since = dict.fromkeys((run.name for run in test.runs()), 1.0), time_now()
        with counted(show, f"Testing the checks of {name}", work) as advance:
            verdict = test.run(lambda result: advance(result.student, seconds_of(result, since)))
    _print_verdict(show, verdict, homework)
    if page is not None:
        write_proof_page(verdict, page)
    evidence = "No evidence was written, because only a part was tested."
    if not verdict.partial:
        evidence = f"Evidence: {verdict.write()}"
    if verdict.right and not verdict.partial:
        test.kept().forget()
    show.print(f"{_summary(verdict)} {evidence}", markup=False)
    if not verdict.right:
        raise click.exceptions.Exit(1)


def _print_solution(homework: SolvedHomework, name: str) -> None:
    """Print the files of a solution as they are handed in; if there are several, each below its name.

    Raises:
        HomeworkError: there is no such solution, or a solution cannot be read.
    """
    [printed] = named(specimens(homework), [name])
    for file, text in printed.files.items():
        if len(printed.files) > 1:
            click.echo(f"##### {file}")
        click.echo(text, nl=not text.endswith("\n"))


def _print_verdict(show: Console, verdict: Verdict, homework: SolvedHomework) -> None:
    """Print the matrix, what its columns are, and every problem."""
    show.print(_matrix(verdict, homework))
    show.print(
        *(f"{number} {check}" for number, check in enumerate(homework.checks, 1)), sep=", ", style="dim"
    )
    show.print(_KEY, style="dim", markup=False)
    for problem in verdict.problems:
        show.print(f"✗ {problem}", style="red", markup=False)
    for row in verdict.rows:
        for problem in row.problems:
            show.print(f"✗ {row.specimen.name}: {problem}", style="red", markup=False, soft_wrap=True)
        for weakness in row.weaknesses:
            told = f"Known weakness: {row.specimen.name} {weakness}"
            show.print(told, style="yellow", markup=False, soft_wrap=True)


def _matrix(verdict: Verdict, homework: SolvedHomework) -> Table:
    """Return a table with a row per solution: whether it was judged correctly, and a column per check."""
    table = Table(box=None, padding=0, title=homework.title, title_justify="left")  # 22 checks on 80 columns
    table.add_column("", width=4)
    table.add_column("", no_wrap=True)
    for number in range(1, len(homework.checks) + 1):
        table.add_column(f"{number // 10 or ' '}\n{number % 10}", justify="right", width=2)
    for row in verdict.rows:
        table.add_row(
            Text("no", style="bold red") if row.problems else Text("yes", style="green"),
            Text(row.specimen.name),
            *(_cell(row, check) for check in homework.checks),
        )
    return table


def _cell(row: Row, check: str) -> Text:
    """Return the mark of one check for one solution; bold red if it is not as expected."""
    if row.status(check) == MISSING:
        return Text("?", style="bold red")
    status = CheckStatus(row.status(check))
    mark, colour = mark_of(status, wrong="yellow")
    expected = row.specimen.fails | (row.specimen.may_miss & row.failed)
    wrong = (check in row.failed) != (check in expected) and status is not CheckStatus.SKIPPED
    return Text(mark, style="bold red" if wrong else colour)


def _summary(verdict: Verdict) -> str:
    """Return a summary that says what was proved."""
    wrong = sum(bool(row.problems) for row in verdict.rows)
    count = len(verdict.rows)
    text = f"{count} {'solution' if count == 1 else 'solutions'}, {wrong} judged wrongly."
    if verdict.problems:
        text += f" The checks: {len(verdict.problems)} problems."
    if verdict.certificate is not None:
        text += f" Certified: {verdict.certificate.claim}."
    return text
