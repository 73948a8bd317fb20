"""Courses of nbgrader that are taught once for all tests that look at them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from autograder.sandbox.tier import Tier, probe
from gradebook.school import School
from gradebook.small_course import NAME, write_small_course
from gradebook.students import class_of, files

HERE = Path(__file__).parent
ABSENT = "absent"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("nbgrader")
            item.add_marker(
                pytest.mark.skipif(probe().tier is Tier.NONE, reason="nothing can be confined here")
            )


@dataclass(frozen=True)
class Taught:
    """A class of the small course after autograding and feedback.

    Attributes:
        school: its folders.
        lines: the exported grades by student.
        log: what autograding printed.
        marker: a file that is there if a cell of a student's notebook ran.
        reference: the file that one of them planted a link to.
        collected: what collecting printed.
    """

    school: School
    lines: dict[str, dict[str, str]]
    log: str
    marker: Path
    reference: Path
    collected: str

    def autograded(self, student: str) -> Path:
        """Return a student's notebook as graders see it."""
        return self.school.course / "autograded" / student / NAME / f"{NAME}.ipynb"

    def feedback(self, student: str) -> str:
        """Return a student's page."""
        return (self.school.course / "feedback" / student / NAME / f"{NAME}.html").read_text()


@pytest.fixture(scope="session")
def small_school(tmp_path_factory: pytest.TempPathFactory) -> School:
    """The small course, released."""
    root = tmp_path_factory.mktemp("small")
    write_small_course(root / "files")
    school = School(root).open(files=root / "files")
    school.nbgrader("generate_assignment", NAME)
    school.nbgrader("release_assignment", NAME)
    return school


@pytest.fixture(scope="session")
def taught(small_school: School) -> Taught:
    """The class with everything that was ever tried."""
    school, marker = small_school, small_school.root / "ran"
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    course = school.course
    class_ = class_of(course / "gradebook.db", marker)
    school.many(
        [
            (course, ["db", "assignment", "add", NAME, f"--duedate={due:%Y-%m-%d %H:%M:%S} UTC"]),
            (course, ["db", "student", "add", ABSENT]),
            *((school.home(student), ["fetch_assignment", NAME]) for student in class_),
        ]
    )
    for student, change in class_.items():
        change(school.home(student) / NAME)
    submit = ["submit", NAME]
    school.many([(school.home(student), [*submit, f"--student={student}"]) for student in class_])
    files()(school.home("twice") / NAME)
    school.nbgrader("submit", NAME, "--student=twice", folder=school.home("twice"))
    reference = course / "solutions" / NAME / "maths.py"
    _plant(school, reference)
    school.nbgrader("collect", NAME)
    printed = school.printed[-1]
    (course / "submitted/late" / NAME / "timestamp.txt").write_text(
        f"{due + timedelta(days=1, hours=2):%Y-%m-%d %H:%M:%S} UTC"
    )
    school.autograder("grade", NAME)
    log = school.nbgrader("autograde", NAME)
    school.nbgrader("generate_feedback", NAME)
    school.nbgrader("release_feedback", NAME)
    lines = {student: row for (_, student), row in school.exported().items()}
    return Taught(school, lines, log, marker, reference, printed)


def _plant(school: School, reference: Path) -> None:
    """Put folders where the exchange takes submissions, as every student can: links, odd names and times."""
    now = datetime.now(UTC)
    linker = _inbound(school, "linker", now, said=now)
    (linker / "maths.py").symlink_to(reference)
    (linker / "second.py").hardlink_to(reference)
    (linker / "evil.html").symlink_to(school.course / "gradebook.db")
    (linker / "inner").symlink_to(reference.parent)
    for student in ("*", "[h]onest", ".hidden", "white\u200bspace"):
        _inbound(school, student, now, said=now)
    (_inbound(school, "giant", now, said=now) / "huge.bin").touch()
    os.truncate(school.inbound / _name("giant", now) / "huge.bin", 101_000_000)
    (school.inbound / f"dreamer+{NAME}+some day+random").mkdir()
    _inbound(school, "undated", now, said=None)
    _inbound(school, "two_times", now, said=now - timedelta(days=2))
    _inbound(school, "backdated", now - timedelta(days=1), said=now - timedelta(days=1))


def _inbound(school: School, student: str, named: datetime, *, said: datetime | None) -> Path:
    """Make a submission without files, of which the folder's name and ``timestamp.txt`` say a time."""
    folder = school.inbound / _name(student, named)
    folder.mkdir()
    if said is not None:
        (folder / "timestamp.txt").write_text(f"{said:%Y-%m-%d %H:%M:%S.%f} UTC")
    return folder


def _name(student: str, named: datetime) -> str:
    return f"{student}+{NAME}+{named:%Y-%m-%d %H:%M:%S} UTC+random"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server of its own: makes an empty database of a name, and returns its address.

    Its folder is none of pytest's, which another run of pytest on this machine removes when it is old.
    """
    from gradebook.postgres import server

    with TemporaryDirectory(prefix="postgres-") as folder, server(Path(folder)) as database:
        yield database


@pytest.fixture(scope="module")
def postgres(postgres_server: Callable[[str], str], request: pytest.FixtureRequest) -> str:
    """The address of an empty database, another one in each module."""
    return postgres_server(request.node.path.stem)
