"""The plan of a run: what it holds, what it refuses, and that every slot gets the same."""

import pickle
from pathlib import Path

import pytest
from tiny_course import HIDDEN, solution, without_luck, write_tiny_course

from autograder.calibration.certificate import CertificateError
from autograder.datasets import DatasetError
from autograder.grading.plan import plan_grades, plan_measurements
from autograder.homework import Course, HomeworkError, course_secret
from autograder.judging.mode import Judge, Measure
from autograder.sandbox.tier import Tier

ROOT = Course.find(Path(__file__))


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_tiny_course(tmp_path / "course")


def test_a_plan_crosses_processes_unchanged(tmp_path: Path) -> None:
    homework = ROOT.homework("cnn")
    plan = plan_grades(ROOT, homework, Tier.NAMESPACES, hidden=(tmp_path,), calibrated_elsewhere=True)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert isinstance(plan.mode, Judge)
    assert set(plan.mode.thresholds) < set(homework.checks)


def test_a_plan_hides_course_and_results(course: Course, tmp_path: Path) -> None:
    """As real paths: a link to them would hide the link only."""
    without_luck(course)
    (tmp_path / "link").symlink_to(tmp_path / "out")
    (tmp_path / "out").mkdir()
    homework = course.homework("dice")
    plan = plan_grades(course, homework, Tier.NAMESPACES, hidden=(tmp_path / "link",))
    assert plan.hidden == (course.root.resolve(), (tmp_path / "out").resolve())
    assert plan.mode == Judge()
    assert plan.secret == course_secret(course)
    assert plan.secret.hex() not in repr(plan)


def test_measuring_has_a_key_of_its_own(course: Course) -> None:
    homework = course.homework("dice")
    plan = plan_measurements(course, homework, Tier.NAMESPACES, checks=["luck"], secret=b"k" * 32)
    assert plan.mode == Measure(("luck",))
    assert plan.secret == b"k" * 32


def test_checks_that_are_not_listed_are_refused(course: Course) -> None:
    more = HIDDEN[HIDDEN.index("@pytest.mark.points") :].replace("luck", "fate")
    (solution(course) / "test_hidden.py").write_text(HIDDEN + more)
    with pytest.raises(HomeworkError, match="Collected but not listed: fate"):
        plan_grades(course, course.homework("dice"), Tier.NAMESPACES)


def test_checks_without_thresholds_are_refused(course: Course) -> None:
    with pytest.raises(CertificateError, match=r"stochastic checks \(luck\) and no calibration"):
        plan_grades(course, course.homework("dice"), Tier.NAMESPACES)


def test_an_unknown_data_set_is_refused(course: Course) -> None:
    manifest = course.root / "assignments/dice/homework.toml"
    manifest.write_text(manifest.read_text().replace('"digits"', '"letters"'))
    with pytest.raises(DatasetError, match="letters"):
        plan_grades(course, course.homework("dice"), Tier.NAMESPACES)
