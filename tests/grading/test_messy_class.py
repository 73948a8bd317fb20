"""A messy class, graded for real: everybody gets what is theirs, whatever the others handed in."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.tier import Tier, probe

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "solutions/cnn/cnn.py"
CANARY = "canary-7f3a91"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.skipif(probe().tier is not Tier.NAMESPACES, reason=f"no user namespaces: {probe().missing}"),
]


def module(*replacements: tuple[str, str]) -> str:
    """The reference with some text replaced, and without its training, so that it is quick to grade."""
    text = REFERENCE.read_text(encoding="utf-8")
    quick = ("    keras.utils.set_random_seed(seed)\n", '    raise RuntimeError("not today")\n')
    for old, new in (quick, *replacements):
        assert old in text
        text = text.replace(old, new)
    return text


SPY = f"""
import os, pathlib
found = []
for folder in ("/", "/home", "/root", "/etc", "/tmp", "/proc", "/mnt", "/srv", "..", "../..", "{ROOT}"):
    for base, folders, files in os.walk(folder):
        for name in files:
            try:
                if b"{CANARY[:6]}-" in (pathlib.Path(base) / name).read_bytes()[:100_000]:
                    found.append(base + "/" + name)
            except OSError:
                pass
        if base.count("/") > 4:
            folders.clear()
found += [name for name, value in os.environ.items() if "{CANARY[:6]}-" in value]
print("found", found)
for target in ("results.jsonl", "../grades.csv", "/tmp/grades.csv"):
    try:
        pathlib.Path(target).write_text("40")
    except OSError:
        pass

def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    if found:
        raise RuntimeError("found")
    return (input_size + 2 * padding - kernel_size) // stride + 1
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, dict[str, Any]]]:
    """Grade the class once; return the output folder, what the command printed, and the results."""
    home = tmp_path_factory.mktemp("messy")
    course = home / "course"
    for part in ("assignments", "solutions"):
        shutil.copytree(ROOT / part, course / part, ignore=shutil.ignore_patterns("__pycache__"))
    (course / "solutions/cnn/secret.txt").write_text(CANARY)
    submissions = home / "submitted"
    write_class(submissions)
    (home / "scratch").mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", "cnn", submissions, "--out", home / "out"],
        cwd=course,
        env=os.environ | {"AUTOGRADER_CANARY": CANARY, "COLUMNS": "200", "TMPDIR": str(home / "scratch")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 3, ended.stdout + ended.stderr
    lines = (home / "out/results.jsonl").read_text().splitlines()
    results = {result["student"]: result for result in map(json.loads, lines)}
    return home / "out", ended.stdout, results


def write_class(folder: Path) -> None:
    def student(name: str, content: str | bytes) -> None:
        (folder / name).mkdir(parents=True)
        (folder / name / "cnn.py").write_bytes(content.encode() if isinstance(content, str) else content)

    student("picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    student("latin1", 'NAME = "José"\n'.encode("latin-1"))
    student("syntax", "def conv2d(:\n    pass\n")
    student("lacks-a-function", module(("def max_pool2d(", "def maxpool2d(")))
    student("exits", "import os\nos._exit(0)\n")
    student("import-loop", "while True:\n    pass\n")
    student("raises", module(("    stride = stride or pool_size\n", "    stride = 1 / 0\n")))
    student("spy", SPY)
    student("nested/cnn", module())  # nbgrader's tree
    (folder / "huge").mkdir()
    with (folder / "huge" / "cnn.py").open("wb") as file:
        file.truncate(200 << 20)
    (folder / "nothing").mkdir()
    (folder / "nothing" / "CNN.py").write_text("x = 1\n")
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.writestr("my homework/cnn.py", module())
        archive.writestr("__MACOSX/cnn.py", "junk")
    source = folder.parent / "cnn.py"
    source.write_text(module())
    with tarfile.open(folder / "tarred.tar.gz", "w:gz") as tar:
        tar.add(source, "cnn.py")
    student("twice", module())
    with zipfile.ZipFile(folder / "twice.zip", "w") as archive:
        archive.writestr("cnn.py", module())


def messages(result: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {check["id"]: (check["status"], check["message"]) for check in result["checks"]}


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("picture", "cnn.py is not a Python file"),
        ("latin1", "cnn.py is not UTF-8 text: byte 0xe9 in line 1"),
        ("huge", "cnn.py is 209,715,200 bytes large"),
        ("nothing", "Expected a file named cnn.py. Received: CNN.py. Rename CNN.py to cnn.py."),
    ],
)
def test_unreadable_files_are_rejected(graded: Any, student: str, words: str) -> None:
    """The reason says what is wrong with the file."""
    result = graded[2][student]
    assert result["status"] == "rejected"
    assert result["score"] == 0
    assert words in result["reason"]


def test_two_submissions_of_a_student_go_to_staff(graded: Any) -> None:
    assert graded[2]["twice"]["status"] == "needs_staff"
    assert graded[2]["twice"]["score"] is None
    assert "twice and twice.zip" in graded[2]["twice"]["reason"]


def test_a_syntax_error_is_named_with_its_line(graded: Any) -> None:
    result = graded[2]["syntax"]
    assert result["score"] == 0
    told = messages(result)
    missing = {text for status, text in told.values() if status == "not_attempted"}
    assert missing == {"Expected a file named autoencoder.py. Received: cnn.py."}
    assert {status for status, _ in told.values()} == {"error", "skipped", "not_attempted"}
    assert "raised SyntaxError in line 1 of cnn.py" in messages(result)["conv2d_example"][1]


def test_a_missing_function_is_named(graded: Any) -> None:
    """The hint names the function that was perhaps meant."""
    result = graded[2]["lacks-a-function"]
    assert messages(result)["max_pool2d_example"][0] == "error"
    assert "Expected a function named max_pool2d" in messages(result)["max_pool2d_example"][1]
    check = next(check for check in result["checks"] if check["id"] == "max_pool2d_example")
    assert "Is it maxpool2d?" in check["hint"]
    assert messages(result)["conv2d_values"][0] == "passed"


@pytest.mark.parametrize(("student", "status"), [("exits", "crashed"), ("import-loop", "timeout")])
def test_a_failed_import_has_its_own_status(graded: Any, student: str, status: str) -> None:
    """It is the status of the way in which the import failed."""
    result = graded[2][student]
    assert result["score"] == 0
    assert messages(result)["conv2d_example"][0] == status
    assert "importing cnn.py" in messages(result)["conv2d_example"][1]


def test_an_exception_costs_only_its_own_checks(graded: Any) -> None:
    """The message gives the line."""
    found = messages(graded[2]["raises"])
    assert found["max_pool2d_values"][0] == "error"
    assert "raised ZeroDivisionError in line" in found["max_pool2d_values"][1]
    assert found["training_reaches_accuracy"] == ("error", found["training_lowers_the_loss"][1])
    assert found["feature_maps"][0] == "passed"


@pytest.mark.parametrize("student", ["nested", "zipped", "tarred"])
def test_trees_and_archives_are_read_alike(graded: Any, student: str) -> None:
    result = graded[2][student]
    assert result["score"] == 31  # all but the training
    assert result["digest"] == graded[2]["zipped"]["digest"]


def test_a_spy_finds_and_changes_nothing(graded: Any) -> None:
    """It finds no secret and changes no grade."""
    out, _, results = graded
    assert "found []" in (out / "logs" / "spy.txt").read_text()
    assert results["spy"]["score"] == 4
    assert all(CANARY not in path.read_text() for path in out.rglob("*") if path.is_file())


def test_the_table_the_csv_and_the_journal_agree(graded: Any) -> None:
    out, printed, results = graded
    with (out / "grades.csv").open(newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(results)
    for student, result in results.items():
        assert rows[student]["status"] == result["status"]
        assert (float(rows[student]["score"]) if rows[student]["score"] else None) == result["score"]
        assert student in printed
    assert (out / "report.html").read_text().count("<details") >= len(results)


def test_results_carry_tier_seed_and_digest(graded: Any) -> None:
    result = graded[2]["zipped"]
    assert result["isolation"] == "namespaces"
    assert len(result["seed"]) == 64
    assert result["digest"].startswith("sha256:")
    assert result["cpu_seconds"] > 0


def test_nothing_is_left_running(graded: Any) -> None:
    scratch = str(graded[0].parent / "scratch").encode()
    assert not [path for path in Path("/proc").glob("[0-9]*/environ") if scratch in environment(path)]


def environment(path: Path) -> bytes:
    """The variables of a process, nothing when it has just ended or is another user's."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
