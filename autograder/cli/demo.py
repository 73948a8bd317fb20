"""``autograder demo``: grade a sample class like any other class."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Final

import click

from autograder.authoring.specimens import specimens
from autograder.cli._class_run import CANNOT_GRADE, ClassRun
from autograder.cli._common import console, course_option, find_course, jobs_option, usage_errors
from autograder.cli.grade import choose_tier
from autograder.homework import Course, HomeworkError
from autograder.submission import find_submissions

_FILES: Final = ("cnn.py", "autoencoder.py")
# Student → the known solutions that their files are copied from, and a description for the console.
_CLASS: Final = {
    "ada-reference": (("reference", "reference"), "the reference"),
    "ben-functional": (("wheat-functional", "wheat-tape"), "correct, in another idiom"),
    "cleo-custom-loop": (("wheat-custom_loop", "wheat-deep"), "correct, in another idiom"),
    "dan-wrong-stride": (("chaff-wrong_stride",), "ignores the stride; no part 4"),
    "eve-no-activation": (
        ("chaff-missing_activation", "chaff-identity_shortcut"),
        "forgot the activation; its autoencoder passes the input through",
    ),
    "finn-untouched": (("stub", "stub"), "handed in the stubs"),
    "gus-endless-loop": (("chaff-endless_loop",), "a loop that never ends; no part 4"),
    "hal-cheat": (("chaff-reads_solutions",), "reads solutions and grades; no part 4"),
}
_MARK: Final = ".autograder-demo"
_TRAVERSAL: Final = "ida-path-traversal"


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo"), help="Folder for class and results."
)
@jobs_option
@course_option
def demo(out: Path, jobs: int, course_folder: Path) -> None:
    """Grade a small sample class of the CNN homework, and show the table.

    The class: the reference, two correct solutions in other idioms, and six wrong ones.
    """
    course = find_course(course_folder)
    submissions = out / "submitted"
    with usage_errors():
        write_class(course, submissions)
    show = console()
    for student, (_, what) in _CLASS.items():
        show.print(f"  {student}: {what}", markup=False)
    show.print(f"  {_TRAVERSAL}: an archive with a path traversal", markup=False)
    with usage_errors(*CANNOT_GRADE):
        ClassRun(
            course=course,
            homework=course.homework("cnn"),
            entries=find_submissions(submissions),
            out=out / "graded",
            jobs=jobs,
            tier=choose_tier(),
            calibrated_elsewhere=True,  # a new user may have newer libraries
            secret_paths=(submissions,),
        ).run()


def write_class(course: Course, folder: Path) -> None:
    """Write the sample class as a folder of submissions; replace an older one.

    Args:
        course: the course with the CNN homework.
        folder: the folder to write.

    Raises:
        HomeworkError: the folder exists and was not written by this command, or the CNN homework lacks one of
            the solutions.
    """
    if folder.exists() and not (folder / _MARK).exists():
        raise HomeworkError(
            f"Expected a new folder for the sample class. Received: {folder}, which holds something else."
        )
    known = {one.name: one for one in specimens(course.homework("cnn"))}
    if lacking := sorted({source for sources, _ in _CLASS.values() for source in sources} - set(known)):
        raise HomeworkError(f"Expected the solution {lacking[0]} of the homework cnn. Received: none.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    for student, (sources, _) in _CLASS.items():
        home = folder / student
        home.mkdir(parents=True)
        for name, source in zip(_FILES, sources, strict=False):  # some students did not do part 4
            (home / name).write_text(known[source].files[name], encoding="utf-8")
    with zipfile.ZipFile(folder / f"{_TRAVERSAL}.zip", "w") as archive:
        archive.writestr("cnn.py", known["reference"].files["cnn.py"])
        archive.writestr("../../../solutions/cnn/cnn.py", "raise SystemExit('overwritten')\n")
