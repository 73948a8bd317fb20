"""The proof of checks: calibration, self-test and release of a small course, and what they refuse."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tiny_course import FAIL, HIDDEN, PASS, PUBLIC, graded, solution, write_tiny_course

from autograder._files import exclusive_lock
from autograder.authoring.calibrate import Calibration, keep_runs
from autograder.authoring.costs import measure_cost
from autograder.authoring.proof import unproved
from autograder.authoring.proof_page import write_proof_page
from autograder.authoring.selftest import Row, SelfTest, Verdict, _too_close
from autograder.authoring.specimen_runs import SpecimenRuns
from autograder.authoring.specimens import Kind, Specimen, named, specimens
from autograder.calibration.certificate import CALIBRATION, CertificateError, read_certificate
from autograder.cli import main
from autograder.grading.certify import certify
from autograder.grading.plan import plan_grades
from autograder.homework import Course, HomeworkError
from autograder.judging.mode import Judge, Measure
from autograder.judging.run_checks import verify_manifest
from autograder.known.digests import EVIDENCE, digest_of_first_evidence
from autograder.result import SubmissionResult
from autograder.sandbox.tier import Tier, probe

TIER = probe().tier
SEEDS = 30  # enough for three runs to keep the bound
jailed = pytest.mark.skipif(TIER is Tier.NONE, reason="nothing can be confined here")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_tiny_course(tmp_path)


def test_evidence_of_schema_1_covers_the_files(course: Course) -> None:
    """It says nothing about this program, as when it was written."""
    homework = course.homework("dice")
    record = {"schema": 1, "right": True, "digest": digest_of_first_evidence(homework)}
    (homework.solution / EVIDENCE).write_text(json.dumps(record))
    assert unproved(homework) is None
    (homework.solution / EVIDENCE).write_text(json.dumps(record | {"schema": 2}))
    assert "older" in str(unproved(homework))
    (homework.solution / EVIDENCE).write_text(json.dumps(record))
    (homework.solution / "test_hidden.py").write_text(f"{HIDDEN}# more\n")
    assert "older" in str(unproved(homework))


# For real


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Verdict, list[list[str]]]:
    """A course that was calibrated, stopped and started again, and tested."""
    course = write_tiny_course(tmp_path_factory.mktemp("proved"))
    homework, seen = course.homework("dice"), [list[str](), list[str]()]

    def stop(result: SubmissionResult) -> None:
        seen[0].append(result.student)
        if len(seen[0]) == 4:
            raise KeyboardInterrupt

    calibration = Calibration(course, homework, seeds=SEEDS, tier=TIER, jobs=2)
    with pytest.raises(KeyboardInterrupt):
        calibration.run(stop)
    calibration.run(lambda result: seen[1].append(result.student))
    return course, SelfTest(course, homework, tier=TIER, jobs=2).run(lambda _: None), seen


@jailed
@pytest.mark.slow
@pytest.mark.tensorflow
class TestForReal:
    def test_a_stopped_calibration_can_be_continued(self, proved: Any) -> None:
        """No run is repeated."""
        _, _, (before, after) = proved
        assert set(before) <= set(after)
        assert len(after) == len(set(after)) == SEEDS + 5

    def test_a_calibration_records_all_figures(self, proved: Any) -> None:
        """It holds one seed per run of the reference, and the figures of wrong solutions."""
        certificate = read_certificate(solution(proved[0]) / "calibration.json")
        luck = certificate.checks["luck"]
        assert len({trial.seed for trial in luck.trials}) == SEEDS
        assert all(9 <= value <= 10 for value in luck.values)
        assert luck.threshold == pytest.approx(min(luck.values) - 1)
        assert {name: len(values) for name, values in luck.wrong.items()} == {"chaff-unlucky": 5}
        assert luck.separation is not None
        assert luck.separation > 3

    def test_good_evidence_allows_the_release(self, proved: Any) -> None:
        """The self-test judges every solution correctly."""
        course, verdict, _ = proved
        assert verdict.right, [row.problems for row in verdict.rows]
        assert {row.specimen.name: len(row.results) for row in verdict.rows} == {
            "reference": 5,
            "stub": 1,
            "wheat-numpy": 5,
            "chaff-triple": 1,
            "chaff-unlucky": 5,
        }
        evidence = json.loads(verdict.write().read_text())
        assert evidence["right"] is True
        assert unproved(course.homework("dice")) is None

    def test_the_page_shows_failures_and_messages(self, proved: Any, tmp_path: Path) -> None:
        """It has a row for each solution and a plot for each stochastic check."""
        write_proof_page(proved[1], tmp_path / "proof.md")
        page = (tmp_path / "proof.md").read_text()
        assert "| chaff-triple | Wrong: triples. | 1 | ✗ | ✓ | yes |" in page
        told = "`double`: Expected double(4) to be 8. Received: 12 (int)."
        assert f"| chaff-triple | Wrong: triples. | {told} |" in page
        assert "![luck: every run](proof-luck.svg)" in page
        assert (tmp_path / "proof-luck.svg").read_text().startswith("<svg")

    def test_the_cost_of_the_reference_is_measured(self, proved: Any, tmp_path: Path) -> None:
        """It stands in the certificate, and limits are multiples of it."""
        course = Course(Path(shutil.copytree(proved[0].root, tmp_path / "course")))
        homework = course.homework("dice")
        before = read_certificate(homework.solution / CALIBRATION)
        certificate = measure_cost(course, homework, TIER)
        assert certificate == read_certificate(homework.solution / CALIBRATION)
        assert replace(certificate, cost=None) == replace(before, cost=None)
        cost = certificate.cost
        assert cost is not None
        assert 0 < max(cost.call, cost.training) < cost.submission < 10
        assert plan_grades(course, homework, TIER).mode == Judge(
            certificate.checks, f"certified: {certificate.claim}", cost
        )

    def test_results_hold_the_seed_of_each_attempt(self, proved: Any) -> None:
        """They state the certified bound, too."""
        rows = {row.specimen.name: row for row in proved[1].rows}
        [luck] = [check for check in rows["chaff-unlucky"].results[0].checks if check.id == "luck"]
        assert luck.measurement is not None
        assert len(luck.measurement.trials) == 3
        assert len({trial.seed for trial in luck.measurement.trials}) == 3
        assert "in one of 3 runs" in luck.message
        assert rows["reference"].results[0].calibration.startswith("certified: a solution that trains as")

    def test_a_check_that_cannot_fail_is_found(self, proved: Any, tmp_path: Path) -> None:
        """The test of the self-test: one check is spoiled on purpose."""
        course = write_tiny_course(tmp_path)
        spoiled = PUBLIC.replace(
            'expect_value("double(4)", submission.call("double", 4), 8, reveal=True)', "assert True"
        )
        assert spoiled != PUBLIC
        (course.root / "assignments/dice/test_public.py").write_text(spoiled)
        calibration = (solution(proved[0]) / "calibration.json").read_text()
        (solution(course) / "calibration.json").write_text(calibration)
        done = CliRunner().invoke(main, ["selftest", "dice", "--course", str(course.root)])
        assert done.exit_code == 1, done.output
        assert "chaff-triple: double lets it pass" in done.output
        assert "stub: got 2 points" in done.output
        assert json.loads((solution(course) / EVIDENCE).read_text())["right"] is False
        assert "found something wrong" in str(unproved(course.homework("dice")))


# Going on where a self-test was


@jailed
@pytest.mark.slow
@pytest.mark.tensorflow
def test_only_what_was_changed_is_graded_again(course: Course, proved: Any) -> None:
    calibration = (solution(proved[0]) / "calibration.json").read_text()
    (solution(course) / "calibration.json").write_text(calibration)
    graded: list[str] = []

    def run() -> Verdict:
        graded.clear()
        test = SelfTest(course, course.homework("dice"), tier=TIER, jobs=2, only=("stub", "chaff-triple"))
        kept = test.kept().kept(test.runs())
        verdict = test.run(lambda result: graded.append(result.student))
        graded[:] = [name for name in graded if name not in kept]
        return verdict

    first = run()
    assert sorted(graded) == ["chaff-triple-1", "stub-1"]
    again = run()
    assert graded == []
    assert [row.results for row in again.rows] == [row.results for row in first.rows]
    triple = solution(course) / "chaff/triple.py"
    triple.write_text(triple.read_text() + "\n")
    run()
    assert graded == ["chaff-triple-1"]
    hidden = solution(course) / "test_hidden.py"
    hidden.write_text(hidden.read_text() + "\n")
    run()
    assert sorted(graded) == ["chaff-triple-1", "stub-1"]


# Refusals


@pytest.fixture
def calibrated(course: Course, proved: Any) -> Course:
    calibration = (solution(proved[0]) / "calibration.json").read_text()
    (solution(course) / "calibration.json").write_text(calibration)
    return course


@jailed
@pytest.mark.slow
@pytest.mark.tensorflow
class TestRefusals:
    def test_wrong_solutions_must_be_three_sd_away(self, calibrated: Course) -> None:
        """The unit is the standard deviation of the reference's figures."""
        certificate = read_certificate(solution(calibrated) / "calibration.json")
        luck = certificate.checks["luck"]
        near = replace(certificate, checks={"luck": replace(luck, wrong={"chaff-unlucky": (9.0,)})})
        [problem] = _too_close(near, [])
        assert "expected wrong solutions to stay 3 sd away" in problem

    def test_wrong_solutions_must_be_two_slacks_away(self, calibrated: Course) -> None:
        """This holds even where the figures of the reference do not vary."""
        certificate = read_certificate(solution(calibrated) / "calibration.json")
        luck = certificate.checks["luck"]
        steady = tuple(replace(trial, value=9.0) for trial in luck.trials)

        def found(wrong: float) -> list[str]:
            check = replace(luck, trials=steady, wrong={"chaff-unlucky": (wrong,)})
            return _too_close(replace(certificate, checks={"luck": check}), [])

        [problem] = found(7.5)
        assert "twice the slack away from the reference, 2. Received: 1.500 between" in problem
        assert found(7.0) == []

    def test_some_wrong_solution_must_give_a_figure(self, calibrated: Course) -> None:
        """Without one, nothing shows that the threshold tells right from wrong."""
        certificate = read_certificate(solution(calibrated) / "calibration.json")
        unmeasured = replace(certificate, checks={"luck": replace(certificate.checks["luck"], wrong={})})
        row = Row(Specimen("chaff-a", Kind.CHAFF, {}, fails=frozenset({"luck"})), (graded(PASS, FAIL),))
        [problem] = _too_close(unmeasured, [row])
        assert problem.startswith("luck: no wrong solution gave a number")

    def test_a_change_during_a_self_test_is_a_problem(self, calibrated: Course) -> None:
        homework = calibrated.homework("dice")

        def change(_: SubmissionResult) -> None:
            (solution(calibrated) / "test_hidden.py").write_text(HIDDEN + "\n")

        verdict = SelfTest(calibrated, homework, tier=TIER, jobs=1, only=("stub",)).run(change)
        assert verdict.problems == (
            "the homework, or this program, was changed while it was tested; test it again",
        )
        assert not verdict.right

    def test_too_few_seeds_are_a_problem(self, calibrated: Course) -> None:
        """The message says how many seeds the bound needs."""
        path = solution(calibrated) / "calibration.json"
        certificate = read_certificate(path)
        luck = certificate.checks["luck"]
        replace(certificate, checks={"luck": replace(luck, trials=luck.trials[:12])}).write(path)
        verdict = SelfTest(calibrated, calibrated.homework("dice"), tier=TIER, jobs=1, only=("stub",)).run(
            lambda _: None
        )
        [problem] = verdict.problems
        assert "1.1e-02, more than 0.001: calibrate with --seeds 29 or more" in problem
        assert not verdict.right

    def test_another_slack_needs_no_new_runs(self, calibrated: Course) -> None:
        path, checks = (solution(calibrated) / name for name in ("calibration.json", "test_hidden.py"))
        before = read_certificate(path).checks["luck"]
        checks.write_text(checks.read_text().replace("slack=1.0", "slack=0.5"))
        homework = calibrated.homework("dice")
        with pytest.raises(CertificateError, match=r"slack=1, and now has runs=\d, slack=0\.5"):
            certify(homework, verify_manifest(homework).rules)
        after = keep_runs(homework).checks["luck"]
        assert after.trials == before.trials
        assert after.threshold == pytest.approx(before.threshold + 0.5)
        assert certify(homework, verify_manifest(homework).rules).calibration.startswith("certified")

    def test_runs_from_elsewhere_are_not_kept(self, calibrated: Course) -> None:
        path = solution(calibrated) / "calibration.json"
        path.write_text(path.read_text().replace('"keras": "', '"keras": "9'))
        with pytest.raises(CertificateError, match=r"runs of dice cannot be kept: .*keras 9"):
            keep_runs(calibrated.homework("dice"))

    def test_thresholds_of_other_versions_are_refused(self, calibrated: Course) -> None:
        """An option accepts them, and the results then say that they are not certified here."""
        path = solution(calibrated) / "calibration.json"
        path.write_text(path.read_text().replace('"keras": "', '"keras": "9'))
        homework = calibrated.homework("dice")
        rules = verify_manifest(homework).rules
        with pytest.raises(
            CertificateError, match=r"keras 9.*\n.*autograder calibrate dice\n.*--calibrated-else"
        ):
            certify(homework, rules)
        assert certify(homework, rules, elsewhere=True).calibration.startswith("not certified here: keras 9")

    @pytest.mark.parametrize("changed", ["dice.py", "test_hidden.py", "chaff/triple.py", "calibration.json"])
    def test_evidence_older_than_the_files_is_refused(self, proved: Any, changed: str) -> None:
        course, verdict, _ = proved
        verdict.write()
        path = solution(course) / changed
        before = path.read_bytes()
        try:
            path.write_bytes(before + b"\n")
            assert "older than its checks" in str(unproved(course.homework("dice")))
        finally:
            path.write_bytes(before)
        assert unproved(course.homework("dice")) is None


def test_another_homeworks_calibration_is_refused(course: Course) -> None:
    homework = course.homework("dice")
    calibration = Path(__file__).parents[2] / "solutions/cnn/calibration.json"
    (solution(course) / "calibration.json").write_text(calibration.read_text())
    with pytest.raises(CertificateError, match="Received: that of cnn"):
        certify(homework, verify_manifest(homework).rules)


@jailed
@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_failing_reference_ends_the_calibration(course: Course) -> None:
    """It stops after the first run that gives no figure, also when it is started again."""
    reference = solution(course) / "dice.py"
    reference.write_text(
        reference.read_text().replace("return 9 + random", "raise ValueError(seed)\n    return 9 + random")
    )
    seen: list[str] = []
    for again in (False, True):
        with pytest.raises(HomeworkError, match=r"the reference gave no number for luck \(raised an error\)"):
            Calibration(course, course.homework("dice"), seeds=30, tier=TIER, jobs=1).run(
                lambda one: seen.append(one.student)
            )
        assert seen == ["reference-0001"] * (1 + again)


def test_stochastic_checks_need_a_calibration(course: Course) -> None:
    homework = course.homework("dice")
    with pytest.raises(CertificateError, match=r"stochastic checks \(luck\) and no calibration"):
        certify(homework, verify_manifest(homework).rules)


def test_deterministic_checks_need_no_calibration(course: Course) -> None:
    """A homework with no other checks cannot be calibrated."""
    text = HIDDEN.replace("@pytest.mark.calibrated(runs=3, slack=1.0)\n", "")
    text = text.replace('calibrated.at_least("luck", lambda seed: submission.call("luck", seed))', "pass")
    (solution(course) / "test_hidden.py").write_text(text.replace("submission, calibrated", "submission"))
    homework = course.homework("dice")
    assert certify(homework, verify_manifest(homework).rules) == Judge()
    with pytest.raises(HomeworkError, match="no stochastic checks"):
        Calibration(course, homework, seeds=5, tier=TIER, jobs=1).runs()


def test_release_removes_thresholds_now_hidden(course: Course) -> None:
    """The check was public when they were released."""
    left_over = course.root / "assignments/dice/thresholds.json"
    left_over.write_text("{}")
    checked = CliRunner().invoke(main, ["release", "dice", "--check", "--course", str(course.root)])
    assert "thresholds.json is out of date" in " ".join(checked.output.split())
    done = CliRunner().invoke(main, ["release", "dice", "--course", str(course.root)])
    assert "removed assignments/dice/thresholds.json" in " ".join(done.output.split())
    assert not left_over.exists()


def test_an_unproved_homework_is_not_released(course: Course) -> None:
    done = CliRunner().invoke(main, ["release", "dice", "--course", str(course.root)])
    assert done.exit_code == 1
    assert "dice: must not be released. The checks of dice have never been tested." in " ".join(
        done.output.split()
    )


def test_an_unknown_solution_cannot_be_tested(course: Course) -> None:
    """The message gives names that are close."""
    with pytest.raises(HomeworkError, match=r"Received: chaff-unluky\. Similar names: chaff-unlucky"):
        SelfTest(course, course.homework("dice"), tier=TIER, jobs=1, only=("chaff-unluky",)).runs()


def test_a_solution_has_three_names(course: Course) -> None:
    known = specimens(course.homework("dice"))
    for name in ("chaff-unlucky", "unlucky", "chaff/unlucky.py"):
        assert [one.name for one in named(known, [name])] == ["chaff-unlucky"]


def test_chaffs_are_measured_only_where_they_fail(course: Course) -> None:
    """A calibration runs the other checks on the reference alone."""
    hidden = solution(course) / "test_hidden.py"
    hidden.write_text(HIDDEN + HIDDEN[HIDDEN.index("@pytest.mark.points") :].replace("luck", "fate"))
    manifest = course.root / "assignments/dice/homework.toml"
    manifest.write_text(
        manifest.read_text().replace('"luck"]', '"luck", "fate"]').replace("= 5\n", "= 8\n", 1)
    )
    calibration = Calibration(course, course.homework("dice"), seeds=2, tier=TIER, jobs=1)
    plans = calibration._plans(calibration.runs(), frozenset({"luck", "fate"}), b"k" * 32)
    assert {plan.mode: [run.name for run in runs] for plan, runs in plans} == {
        Measure(("fate", "luck")): ["reference-0001", "reference-0002"],
        Measure(("luck",)): [f"chaff-unlucky-000{number}" for number in range(1, 6)],
    }


def test_two_commands_do_not_share_runs(course: Course) -> None:
    kept = SpecimenRuns(course, course.homework("dice"), TIER, purpose="selftest", judged=True)
    assert kept.key == kept.key
    with exclusive_lock(kept._folder.with_name(f"{kept._folder.name}.lock")):
        for command in (lambda: next(kept.results([], 1)), kept.forget):
            with pytest.raises(HomeworkError, match="no other command at work"):
                command()
    assert list(kept.results([], 1)) == []


def test_two_solutions_of_one_name_are_refused(course: Course) -> None:
    folder = solution(course) / "chaff/triple"
    folder.mkdir()
    (folder / "dice.py").write_text((solution(course) / "chaff/triple.py").read_text())
    with pytest.raises(HomeworkError, match="Received: chaff-triple as a file and as a folder"):
        specimens(course.homework("dice"))
