"""``autograder doctor``: show what this machine can do."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from rich.table import Table
from rich.text import Text

from autograder import __version__, datasets
from autograder.calibration.conditions import library_versions
from autograder.cli._common import console
from autograder.homework import Course, HomeworkError
from autograder.sandbox.client import TENSORFLOW, Zygote
from autograder.sandbox.tier import Isolation, Tier, probe
from autograder.sandbox.visible import VisiblePaths
from autograder.sandbox.zygote_client import ZygoteError

_Row = tuple[bool, str, str, str]
"""Whether the item is in order, its name, what was found, and the command that fixes it."""

_HOLDS: Final = {
    Tier.NAMESPACES: "student code is confined in full",
    Tier.LANDLOCK: "files, network, processes are out of reach; names and sizes of files can be read",
    Tier.NONE: "no isolation; grade refuses to run",
}


@click.command()
def doctor() -> None:
    """Show what this machine can do, and how to fix what it cannot.

    Ends with 0 when submissions can be graded here, 1 otherwise.
    """
    hidden = _course()
    isolation = probe(hidden)
    rows = [*_versions(), _isolation(isolation), _warm_start(isolation, hidden), *_data_sets()]
    table = Table(show_header=False, box=None)
    for ok, what, found, remedy in rows:
        mark = Text("ok", style="green") if ok else Text("!!", style="red")
        table.add_row(mark, Text(what), Text(found + (f"\nto fix it: {remedy}" if remedy else "")))
    console().print(table)
    if not all(ok for ok, *_ in rows):
        raise click.exceptions.Exit(1)


def _versions() -> Iterator[_Row]:
    """Yield a row for each program or library whose version matters."""
    yield True, "autograder", __version__, ""
    yield sys.version_info >= (3, 11), "Python", f"{platform.python_version()} on {platform.platform()}", ""
    for name, version in library_versions().items():
        missing = version == "none"
        yield (
            not missing,
            name,
            "not installed" if missing else version,
            "pip install 'keras-autograder[tf]'" if missing else "",
        )


def _isolation(isolation: Isolation) -> _Row:
    """Return the row about the tier: what it confines, and what the strongest tier would need."""
    found = f"{isolation.tier}: {_HOLDS[isolation.tier]}"
    if isolation.missing:
        found += f"\nmissing: {isolation.missing}"
    return isolation.tier is not Tier.NONE, "isolation", found, isolation.remedy


def _course() -> list[Path]:
    """Return the folder of the course around the current folder, if any; the sandbox hides it."""
    try:
        return [Course.find(Path()).root]
    except HomeworkError:
        return []


def _warm_start(isolation: Isolation, hidden: list[Path]) -> _Row:
    """Start a zygote, and return the row about it."""
    if library_versions()["tensorflow"] == "none":
        return False, "warm process", "needs TensorFlow", ""
    try:
        with Zygote(VisiblePaths.for_this_python(hidden), isolation.tier, TENSORFLOW) as zygote:
            facts = zygote.facts
    except ZygoteError as error:
        return False, "warm process", str(error), ""
    seconds = facts["confined_seconds"] + facts["import_seconds"]
    landlock = f"Landlock version {facts['landlock']}" if facts["landlock"] else "no Landlock"
    return True, "warm process", f"confined and TensorFlow imported in {seconds:.1f} s; {landlock}", ""


def _data_sets() -> Iterator[_Row]:
    """Yield a row for each data set, without downloading any."""
    digits = datasets.load("digits")
    yield (
        True,
        "data set digits",
        f"{len(digits.train.images)} training and {len(digits.test.images)} test images",
        "",
    )
    named = os.environ.get(datasets.MNIST_VARIABLE)
    path = Path(named) if named else datasets.mnist_cache()
    remedy = f'python -c "import keras; keras.datasets.mnist.load_data()", or {datasets.MNIST_VARIABLE}=PATH'
    # MNIST is needed only for homework that uses it; Keras downloads it then.
    yield True, "data set mnist", str(path) if path.is_file() else f"not cached; to download it: {remedy}", ""
