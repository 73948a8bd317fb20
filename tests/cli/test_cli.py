"""The command line, as far as it needs no TensorFlow."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_engine import FakeEngine

from autograder.cli import main
from autograder.cli._class_run import chosen_entries
from autograder.grading.graded import Broken, Graded
from autograder.homework import Homework
from autograder.judging.session import GradingSession
from autograder.known.reach import Source
from autograder.practice.lazy_runner import Announced, LazyRunner
from autograder.practice.practice import Practice
from autograder.practice.turns import PracticeTurns
from autograder.result import (
    Artifact,
    CheckResult,
    CheckStatus,
    SubmissionResult,
    SubmissionStatus,
    Visibility,
)
from autograder.sandbox.tier import Isolation, Tier
from autograder.submission import Entry, Submission

ROOT = Path(__file__).parents[2]
DRAWN = Artifact("a-samples.png", "Your samples [bold]")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course that a test may change."""
    root = tmp_path / "course"
    ignore = shutil.ignore_patterns("__pycache__")
    for part in ("assignments", "solutions"):
        shutil.copytree(ROOT / part, root / part, ignore=ignore)
    return root


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def grade(course: Path, submissions: Path, *options: str | Path) -> Result:
    return run("grade", "cnn", submissions, "--out", course.parent / "out", "--course", course, *options)


def test_help_lists_commands_without_slow_imports() -> None:
    code = (
        "import sys\nfrom autograder.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'tensorflow', 'keras', 'numpy', 'pytest', 'rich', 'jinja2'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("check", "demo", "doctor", "grade", "release"):
        assert f"  {command} " in ended.stdout
    assert ended.stdout.splitlines()[-1] == "[]"


def test_an_unknown_option_prints_the_usage() -> None:
    result = run("grade", "--fast")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


def test_unknown_command_is_named() -> None:
    result = run("gade")
    assert result.exit_code == 2
    assert "'gade'" in result.output


@pytest.mark.parametrize("command", ["check", "demo", "doctor", "grade", "release"])
def test_each_command_explains_itself(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_grade_names_a_missing_folder(course: Path, tmp_path: Path) -> None:
    result = grade(course, tmp_path / "nowhere")
    assert result.exit_code == 2
    expected = f"Expected a folder of submissions. Received: {tmp_path / 'nowhere'}, which does not exist."
    assert result.stderr == f"Error: {expected}\n"
    assert not (tmp_path / "out").exists()


def test_grade_names_an_empty_class(course: Path, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "notes.txt").write_text("hello")
    result = grade(course, tmp_path / "class")
    assert result.exit_code == 2
    assert "Received: none." in result.output


def test_grade_refuses_an_unknown_homework(course: Path, tmp_path: Path) -> None:
    """The message lists the known ones."""
    (tmp_path / "class" / "ada").mkdir(parents=True)
    result = run("grade", "cmm", tmp_path / "class", "--out", tmp_path / "out", "--course", course)
    assert result.exit_code == 2
    assert "Expected one of the homeworks cnn, gan, rnn. Received: 'cmm'" in result.output


def test_grade_outside_a_course_is_explained(tmp_path: Path) -> None:
    """The message says which folders a course has."""
    (tmp_path / "class" / "ada").mkdir(parents=True)
    result = run("grade", "cnn", tmp_path / "class", "--out", tmp_path / "out", "--course", tmp_path)
    assert result.exit_code == 2
    assert "assignments/ and solutions/" in result.output


def test_grade_never_writes_among_submissions(course: Path, tmp_path: Path) -> None:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    result = run("grade", "cnn", tmp_path / "class", "--out", tmp_path / "class/out", "--course", course)
    assert result.exit_code == 2
    assert "outside the folder of submissions" in result.output


def test_grade_names_a_student_who_is_not_there(course: Path, tmp_path: Path) -> None:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    result = grade(course, tmp_path / "class", "--student", "bob")
    assert result.exit_code == 2
    assert "'bob'" in result.output


def test_grade_refuses_to_run_without_a_sandbox(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message gives the reason, a command that helps, and the option to grade anyway."""
    (tmp_path / "class" / "ada").mkdir(parents=True)
    nothing = Isolation(Tier.NONE, "unshare: Operation not permitted", "sudo sysctl -w something=1")
    monkeypatch.setattr("autograder.cli.grade.probe", lambda: nothing)
    result = grade(course, tmp_path / "class")
    assert result.exit_code == 2
    assert "Operation not permitted" in result.output
    assert "sudo sysctl -w something=1" in result.output
    assert "--i-trust-these-submissions" in result.output


@pytest.mark.parametrize("command", ["grade", "check", "selftest"])
def test_ctrl_c_at_the_start_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Also while a command is being imported: exit code 130, as at any later time."""

    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.cli.importlib.import_module", interrupted)
    result = CliRunner().invoke(main, [command, "cnn"])
    assert (result.exit_code, result.output) == (130, "Stopped.\n")


def test_grade_refuses_checks_not_in_the_manifest(course: Path, tmp_path: Path) -> None:
    """A check that is listed but not collected is named."""
    (tmp_path / "class" / "ada").mkdir(parents=True)
    hidden = course / "solutions/cnn/test_hidden.py"
    hidden.write_text(hidden.read_text().replace("def test_conv2d_stride", "def tset_conv2d_stride"))
    result = grade(course, tmp_path / "class")
    assert result.exit_code == 2
    assert "Listed but not collected: conv2d_stride" in " ".join(result.output.split())


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """What `autograder grade` grades with."""
    fake = FakeEngine()
    monkeypatch.setattr("autograder.cli.grade.choose_tier", lambda *_, **__: Tier.NAMESPACES)
    monkeypatch.setattr("autograder.cli._class_run.LocalEngine", lambda *_: fake)
    return fake


def hand_in(folder: Path) -> None:
    """Make a folder that can be read as a submission of any homework."""
    folder.mkdir(parents=True)
    for name in ("cnn.py", "rnn.py"):
        (folder / name).write_text("")


def test_grade_ends_with_how_many_ended_how(course: Path, tmp_path: Path, engine: FakeEngine) -> None:
    def answer(entry: Entry) -> Graded | Broken:
        if entry.student == "broken":
            return Broken("the sandbox is gone")
        return Graded(SubmissionResult(entry.student, "cnn", "", SubmissionStatus.GRADED, 40.0, 40))

    engine.answer = answer
    (tmp_path / "class" / "rejected").mkdir(parents=True)
    for student in ("0", "1", "2"):
        hand_in(tmp_path / "class" / student)
    done = grade(course, tmp_path / "class", "--calibrated-elsewhere")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "3 graded, 1 rejected")
    hand_in(tmp_path / "class" / "broken")
    done = grade(course, tmp_path / "class", "--calibrated-elsewhere")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (3, "3 graded, 1 rejected, 1 needs staff")


def test_grade_uses_what_nbgrader_collected(course: Path, engine: FakeEngine) -> None:
    """And puts the results where nbgrader looks for them."""
    for student, homework in (("ada", "cnn"), ("bob", "cnn"), ("bob", "rnn"), ("cyd", "rnn")):
        hand_in(course / "submitted" / student / homework)
    done = run("grade", "cnn", "--course", course, "--calibrated-elsewhere")
    assert done.exit_code == 0, done.output
    assert "Students who handed in only other homeworks: cyd" in done.output
    assert engine.passes == [["ada", "bob"]]
    assert course / "submitted" in engine.plans[0].hidden
    assert (course / "graded/cnn/grades.csv").exists()


def test_grade_reports_an_unreadable_results_file(course: Path, engine: FakeEngine) -> None:
    """The broken line does not count, and grading goes on."""
    (course / "submitted/ada/cnn").mkdir(parents=True)
    (course / "graded/cnn").mkdir(parents=True)
    (course / "graded/cnn/results.jsonl").write_text("half a li")
    done = run("grade", "cnn", "--course", course, "--calibrated-elsewhere")
    assert done.exit_code == 0, done.output
    assert "results.jsonl cannot be read and does not count" in " ".join(done.output.split())


def test_grade_needs_submissions_of_the_homework(course: Path, engine: FakeEngine) -> None:
    """Submissions of other homeworks alone are an error."""
    (course / "submitted/cyd/rnn").mkdir(parents=True)
    done = run("grade", "cnn", "--course", course)
    assert done.exit_code == 2
    words = " ".join(done.output.split())
    assert f"Expected submissions of cnn in {course / 'submitted'}. Received: others only." in words
    assert not engine.passes


def test_release_check_passes_on_this_course() -> None:
    result = run("release", "--check", "--course", ROOT)
    assert result.exit_code == 0, result.output


def test_release_check_reports_an_outdated_stub(course: Path) -> None:
    """The file stays as it is."""
    stub = course / "assignments/cnn/cnn.py"
    stub.write_text(stub.read_text() + "\n# more\n")
    before = stub.read_text()
    result = run("release", "cnn", "--check", "--course", course)
    assert result.exit_code == 1
    assert "out of date" in result.output
    assert stub.read_text() == before


def test_release_cuts_the_stub_anew(course: Path) -> None:
    stub = course / "assignments/cnn/cnn.py"
    before = stub.read_text()
    stub.unlink()
    result = run("release", "cnn", "--course", course)
    assert result.exit_code == 0, result.output
    assert stub.read_text() == before


def test_release_finds_leaks_in_notebook_outputs(course: Path) -> None:
    path = course / "assignments/cnn/cnn.ipynb"
    notebook = json.loads(path.read_text())
    line = "    return (input_size + 2 * padding - kernel_size) // stride + 1\n"
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [line]}]
    path.write_text(json.dumps(notebook))
    result = run("release", "cnn", "--check", "--course", course)
    assert result.exit_code == 1
    assert "leak" in result.output


def test_demo_keeps_an_existing_folder(tmp_path: Path) -> None:
    (tmp_path / "submitted" / "ada").mkdir(parents=True)
    result = run("demo", "--out", tmp_path, "--course", ROOT)
    assert result.exit_code == 2
    assert (tmp_path / "submitted" / "ada").is_dir()


def test_check_says_where_it_looked(tmp_path: Path) -> None:
    result = run("check", "cnn", tmp_path)
    assert result.exit_code == 2
    assert "Looked in" in result.output


@pytest.fixture
def drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder, and a run of its checks that passes and draws."""

    def practice(
        homework: Homework, folder: Path, runner: LazyRunner, *, fresh: bool, repeat: bool
    ) -> Practice:
        assert folder == homework.folder
        result = CheckResult("a", "A", Visibility.PUBLIC, 1, 1, CheckStatus.PASSED, artifacts=(DRAWN,))
        session = GradingSession(homework, Submission("ada", {}, ""), None, b"")  # type: ignore[arg-type]
        session.results.append(result)
        session.pictures[DRAWN.name] = b"a picture"
        turns = PracticeTurns(homework, Source({}), None, Announced(runner, runner.announce), lambda: 0)
        turns.places = {"a": 0}
        return Practice(session, runner, turns, ())

    monkeypatch.setattr("autograder.cli.check.open_practice", practice)
    monkeypatch.setattr("autograder.practice.practice.run_checks", lambda *_: None)
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(ROOT / "assignments/cnn/homework.toml", folder)
    return folder


def test_check_saves_pictures_beside_the_files(drawing: Path) -> None:
    """It prints where they are, and leaves other pictures in that folder alone."""
    (drawing / "pictures").mkdir()
    (drawing / "pictures/holiday.png").touch()
    result = run("check", "cnn", drawing)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "Pictures, in" in said
    assert "a-samples.png: Your samples [bold]" in said
    assert (drawing / "pictures/a-samples.png").read_bytes() == b"a picture"
    assert (drawing / "pictures/holiday.png").exists()


def test_unwritable_pictures_cost_no_points(drawing: Path) -> None:
    (drawing / "pictures").touch()
    result = run("check", "cnn", drawing)
    assert result.exit_code == 0, result.output
    assert "The pictures could not be kept" in result.output


def test_check_names_a_missing_file(course: Path) -> None:
    for name in ("cnn.py", "autoencoder.py"):
        (course / "assignments/cnn" / name).unlink()
    result = run("check", "cnn", course / "assignments/cnn")
    assert result.exit_code == 2
    assert "Expected a file named cnn.py" in result.output


@pytest.mark.parametrize("asked", ["ada<U+200B>", "ada\u200b"])
def test_a_student_is_chosen_by_either_spelling(asked: str) -> None:
    """The printed spelling and the name as handed in both work."""
    entries = [Entry("ada", ()), Entry("ada<U+200B>", ())]
    assert chosen_entries(entries, (asked,)) == [entries[1]]
