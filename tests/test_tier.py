"""What a machine can do is found by trying; where that is not the most, the line that helps is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jail_jobs import needs_a_fence, needs_a_jail

from autograder.sandbox import tier
from autograder.sandbox.tier import Tier, complaint, probe

MACHINES = Path(__file__).parent / "machines.py"


def test_the_probe_names_a_tier_or_what_is_missing() -> None:
    isolation = probe()
    assert isolation.tier is Tier.NAMESPACES or (isolation.missing and isolation.remedy)


def test_the_probe_leaves_this_process_as_it_was() -> None:
    def state() -> list[object]:
        return [
            sorted(os.listdir("/proc/self/fd")),
            os.getuid(),
            Path.cwd(),
            Path("/proc/self/mountinfo").read_text(),
        ]

    before = state()
    probe()
    complaint(Tier.LANDLOCK)
    assert state() == before


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_another_system_is_told_to_use_linux(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", system.lower())
    monkeypatch.setattr("platform.system", lambda: system)
    isolation = probe()
    assert isolation.tier is Tier.NONE
    assert isolation.missing == f"confinement needs Linux; this is {system}"
    assert "WSL 2" in isolation.remedy


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"apparmor_restrict_unprivileged_userns": "1"},
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  # Ubuntu 24.04: AppArmor",
        ),
        (
            {"apparmor_restrict_unprivileged_userns": "0", "unprivileged_userns_clone": "0"},
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            {"unprivileged_userns_clone": "1", "max_user_namespaces": "0"},
            "sudo sysctl -w user.max_user_namespaces=",
        ),
        ({"max_user_namespaces": "15000"}, "docker run"),
        ({}, "docker run"),
    ],
    ids=["Ubuntu", "Debian", "none left", "container", "unknown"],
)
def test_the_remedy_is_the_line_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    for name, value in settings.items():
        (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.setattr(tier, "Path", lambda path: tmp_path / str(path).rsplit("/", 1)[-1])
    monkeypatch.setattr(
        tier, "complaint", lambda wanted: "" if wanted is Tier.LANDLOCK else "unshare: refused"
    )
    isolation = probe()
    assert (isolation.tier, isolation.missing) == (Tier.LANDLOCK, "unshare: refused")
    assert line in isolation.remedy


def on_machine(*kinds: str, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run ``autograder`` on a machine that offers less; see machines.py."""
    python = [sys.executable, str(MACHINES), *kinds, "--", sys.executable, "-m", "autograder"]
    environment = os.environ | {"COLUMNS": "300"}
    return subprocess.run([*python, *command], capture_output=True, text=True, check=False, env=environment)


@needs_a_jail
@needs_a_fence
@pytest.mark.tensorflow
@pytest.mark.parametrize("user", [(), ("ordinary",)], ids=["this user", "ordinary user"])
def test_doctor_names_the_weaker_tier_what_is_missing_and_the_line(user: tuple[str, ...]) -> None:
    done = on_machine("no-user-namespaces", *user, command=("doctor",))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "landlock: " in done.stdout
    assert "missing: unshare" in done.stdout
    assert "to mend it: sudo sysctl -w user.max_user_namespaces=" in done.stdout
    assert "confined and TensorFlow imported" in done.stdout


@needs_a_jail
def test_grading_refuses_where_nothing_can_be_confined_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "submitted/alice").mkdir(parents=True)
    command = ("grade", "cnn", str(tmp_path / "submitted"), "--out", str(tmp_path / "out"))
    course = ("--course", str(Path(__file__).parents[1]))
    done = on_machine("no-user-namespaces", "no-landlock", command=(*command, *course))
    assert done.returncode == 2
    for words in ("unshare", "no Landlock", "sudo sysctl -w", "--i-trust-these-submissions"):
        assert words in done.stderr
    assert not (tmp_path / "out").exists()


@needs_a_jail
@needs_a_fence
def test_a_tier_that_is_asked_for_is_never_replaced_by_a_weaker_one(tmp_path: Path) -> None:
    (tmp_path / "submitted/alice").mkdir(parents=True)
    command = ("grade", "cnn", str(tmp_path / "submitted"), "--out", str(tmp_path / "out"))
    course = ("--course", str(Path(__file__).parents[1]))
    done = on_machine("no-user-namespaces", command=(*command, *course, "--tier", "namespaces"))
    assert done.returncode == 2
    assert "cannot confine student code at tier namespaces: unshare" in done.stderr
