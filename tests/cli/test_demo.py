"""README's first command, as a newcomer runs it, and a student's own checks."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.tier import Tier, probe

ROOT = Path(__file__).parents[2]
WITHOUT_NAMESPACES = probe().tier is not Tier.NAMESPACES

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]

SHORTCUT = {
    "autoencoder_training_lowers_the_error": "failed",
    "autoencoder_training_returns_losses": "skipped",
    "autoencoder_is_both_halves": "failed",
    "reconstruction_beats_linear_codes": "failed",
    "denoising_removes_noise": "skipped",
}
"""What an autoencoder with a way around its code loses."""


def command(*arguments: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Run the demo once; return what it printed and its results."""
    if WITHOUT_NAMESPACES:
        pytest.skip(f"no user namespaces: {probe().missing}")
    out = tmp_path_factory.mktemp("demo")
    ended = command("demo", "--out", out)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = (out / "graded/results.jsonl").read_text().splitlines()
    return ended.stdout, {result["student"]: result for result in map(json.loads, lines)}


def lost(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in result["checks"] if check["status"] != "passed"}


def not_handed_in(result: dict[str, Any]) -> dict[str, str]:
    """Return the checks of a file that is missing, with what is said, and those that wait for them."""
    told: dict[str, str] = {}
    titles: list[str] = []
    for check in result["checks"]:
        waits = check["status"] == "skipped" and any(title in check["message"] for title in titles)
        if "Expected a file named" in check["message"] or waits:
            told[check["id"]] = check["message"]
            titles.append(check["title"])
    return told


@pytest.mark.parametrize("student", ["ada-reference", "ben-functional", "cleo-custom-loop"])
def test_correct_solutions_get_full_marks(demo: Any, student: str) -> None:
    result = demo[1][student]
    assert lost(result) == {}
    assert result["score"] == result["max_score"] == 60
    measured = {check["id"]: check["measurement"] for check in result["checks"]}
    accuracy = measured["training_reaches_accuracy"]
    assert accuracy["threshold"] <= accuracy["trials"][-1]["value"] <= 1
    assert len(accuracy["trials"]) <= accuracy["runs"]
    assert result["calibration"].startswith("certified")


@pytest.mark.parametrize(
    ("student", "score", "expected"),
    [
        ("dan-wrong-stride", 37, {"conv2d_stride": "failed", "conv2d_stride_and_padding": "skipped"}),
        ("eve-no-activation", 47, {"classifier_is_nonlinear": "failed"} | SHORTCUT),
        ("gus-endless-loop", 36, {"max_pool2d_example": "timeout", "max_pool2d_values": "timeout"}),
    ],
)
def test_mistakes_lose_only_their_own_checks(
    demo: Any, student: str, score: float, expected: dict[str, str]
) -> None:
    result = demo[1][student]
    handed_in = {
        check: status for check, status in lost(result).items() if check not in not_handed_in(result)
    }
    assert handed_in == expected
    assert result["score"] == score
    assert all(check["message"] for check in result["checks"] if check["status"] != "passed")


@pytest.mark.parametrize("student", ["dan-wrong-stride", "gus-endless-loop", "hal-cheat"])
def test_a_missing_file_loses_only_its_own_checks(demo: Any, student: str) -> None:
    """The messages name the file."""
    missing = not_handed_in(demo[1][student])
    assert {"add_noise_example", "autoencoder_parts", "denoising_removes_noise"} <= missing.keys()
    told = {message for message in missing.values() if not message.startswith("Needs")}
    assert told == {"Expected a file named autoencoder.py. Received: cnn.py."}


def test_the_untouched_stub_gets_nothing(demo: Any) -> None:
    result = demo[1]["finn-untouched"]
    assert result["score"] == 0
    assert set(lost(result).values()) == {"not_attempted", "skipped"}


def test_the_cheat_gets_only_its_honest_points(demo: Any) -> None:
    result = demo[1]["hal-cheat"]
    assert result["score"] == 4
    assert set(result["checks"][0]) >= {"id", "title", "status"}
    passed = {check["id"] for check in result["checks"] if check["status"] == "passed"}
    assert passed == {"output_size_examples", "output_size"}


def test_an_archive_with_path_traversal_fails(demo: Any) -> None:
    """The status is "rejected", and the reason names the path."""
    result = demo[1]["ida-path-traversal"]
    assert result["status"] == "rejected"
    assert "'../../../solutions/cnn/cnn.py'" in result["reason"]


def test_hidden_messages_hold_no_expected_number(demo: Any) -> None:
    result = demo[1]["dan-wrong-stride"]
    [message] = [check["message"] for check in result["checks"] if check["id"] == "conv2d_stride"]
    assert message.startswith(
        "Expected conv2d for arrays of shape (2, 7, 9, 2), (3, 3, 2, 2), (2,), stride=2"
    )
    assert re.search(r"\d+ of 48 values differ, the first at index \[\d, \d, \d, \d\]\.$", message)


def test_the_table_names_everybody_and_the_tier(demo: Any) -> None:
    printed, results = demo
    assert all(student in printed for student in results)
    assert "Isolation: namespaces" in printed


@pytest.fixture(scope="module")
def student_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's copy of the released folder, half done: one function right, one wrong."""
    folder = tmp_path_factory.mktemp("student") / "my-cnn"
    shutil.copytree(ROOT / "assignments/cnn", folder, ignore=shutil.ignore_patterns("__pycache__"))
    stub = (folder / "cnn.py").read_text()
    size, convolution, rest = stub.split("    raise NotImplementedError\n", 2)
    right = "    return (input_size + 2 * padding - kernel_size) // stride + 1\n"
    wrong = "    return images\n"
    (folder / "cnn.py").write_text(size + right + convolution + wrong + rest)
    return folder


EXPECTED = {
    "output_size_examples": "passed",
    "conv2d_example": "failed",
    "max_pool2d_example": "not attempted",
    "classifier_layers": "not attempted",
    "training_lowers_the_loss": "skipped",
    "add_noise_example": "not attempted",
    "autoencoder_parts": "not attempted",
}


def test_a_student_can_run_the_public_checks(student_folder: Path) -> None:
    """They work in a copy of the released folder, which may have any name."""
    ended = command("check", "cnn", folder=student_folder)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    for status in EXPECTED.values():
        assert status in ended.stdout
    assert "2 of 18 public points" in ended.stdout
    assert "Expected the filtered image to have shape (1, 4, 3, 1). Received: (1, 4, 4, 1)." in ended.stdout


def test_plain_pytest_gives_the_same_verdicts(student_folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider"],
        cwd=student_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    words = {"passed": "PASSED", "failed": "FAILED", "not attempted": "FAILED", "skipped": "SKIPPED"}
    for check, status in EXPECTED.items():
        if status == "skipped":
            assert "Needs this to pass first" in ended.stdout
        else:
            assert f"{words[status]} test_public.py::test_{check}" in ended.stdout
    assert "max_pool2d is not written yet" in ended.stdout
    assert "plugin.py" not in ended.stdout  # messages instead of tracebacks
