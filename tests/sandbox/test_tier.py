"""What a machine can do is found by trying; where that is not the most, the line that helps is named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jail_jobs import needs_a_jail, needs_landlock

from autograder.sandbox import remedy, tier
from autograder.sandbox.tier import Tier, probe, why_unavailable

MACHINES = Path(__file__).parent / "machines.py"


def test_the_probe_names_a_tier_or_the_obstacle() -> None:
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
    why_unavailable(Tier.LANDLOCK)
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
        ({"max_user_namespaces": "15000", ".dockerenv": ""}, "docker run --security-opt seccomp=unconfined"),
        ({".containerenv": ""}, "docker run --security-opt seccomp=unconfined"),
        ({}, "allow user namespaces (CONFIG_USER_NS"),
    ],
    ids=["Ubuntu", "Debian", "none left", "Docker", "Podman", "unknown"],
)
def test_the_remedy_is_the_line_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    lay_out(monkeypatch, tmp_path, settings)
    monkeypatch.setattr(
        tier, "why_unavailable", lambda wanted, _: None if wanted is Tier.LANDLOCK else "unshare: refused"
    )
    isolation = probe()
    assert (isolation.tier, isolation.missing) == (Tier.LANDLOCK, "unshare: refused")
    assert line in isolation.remedy
    assert ("docker" in isolation.remedy) == any("containerenv" in n or "docker" in n for n in settings)


def lay_out(
    monkeypatch: pytest.MonkeyPatch, folder: Path, settings: dict[str, str], release: str = "6.8.0-1"
) -> None:
    """Let the files that tell about the machine be these, and no others, whatever folders they are in."""
    for name, value in settings.items():
        (folder / name).write_text(f"{value}\n")
    monkeypatch.setattr(remedy, "Path", lambda path: folder / str(path).rsplit("/", 1)[-1])
    monkeypatch.setattr(remedy, "_CONTAINER_VARIABLES", ())
    monkeypatch.setattr("platform.release", lambda: release)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"lsm": "lockdown,yama,apparmor"},
            "add lsm=landlock,lockdown,yama,apparmor to the kernel's parameters",
        ),
        ({}, "add lsm=landlock,lockdown,yama,integrity,apparmor to the kernel's parameters"),
        ({"lsm": "landlock,yama", ".dockerenv": ""}, "docker run --security-opt seccomp=unconfined"),
        ({"lsm": "landlock,yama"}, "see the reason above"),
    ],
    ids=["switched off", "unknown", "container", "something else"],
)
def test_the_remedy_says_how_to_enable_landlock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    lay_out(monkeypatch, tmp_path, settings)
    assert line in tier.remedy(Tier.LANDLOCK)


def test_an_old_kernel_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lay_out(monkeypatch, tmp_path, {}, release="5.10.0-34-amd64")
    assert tier.remedy(Tier.LANDLOCK) == "Linux 5.13 or later; this is 5.10.0-34-amd64"
    assert tier.remedy(Tier.NAMESPACES) == "Linux 5.12 or later; this is 5.10.0-34-amd64"


def test_without_any_tier_both_remedies_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lay_out(monkeypatch, tmp_path, {"max_user_namespaces": "0"})
    monkeypatch.setattr(tier, "why_unavailable", lambda wanted, _: f"no {wanted}")
    isolation = probe()
    assert (isolation.tier, isolation.missing) == (Tier.NONE, "no namespaces; no landlock")
    for words in ("sudo sysctl -w user.max_user_namespaces", "lsm=landlock,"):
        assert words in isolation.remedy


def raising(*_: object) -> None:
    raise ValueError("provoked")


def dying(*_: object) -> None:
    os._exit(0)  # the first process of a namespace could not even kill itself


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        pytest.param(Tier.NAMESPACES, "jail.enter", marks=needs_a_jail),
        pytest.param(Tier.NAMESPACES, "jail.mount_scratch", marks=needs_a_jail),
        pytest.param(Tier.NAMESPACES, "seccomp.install", marks=needs_a_jail),
        pytest.param(Tier.LANDLOCK, "landlock_jail.enter", marks=needs_landlock),
        pytest.param(Tier.LANDLOCK, "seccomp.install", marks=needs_landlock),
    ],
)
@pytest.mark.parametrize(
    ("fault", "words"), [(raising, "ValueError: provoked"), (dying, "ended without a message")]
)
def test_a_probe_that_fails_midway_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, wanted: Tier, step: str, fault: Callable[..., None], words: str
) -> None:
    monkeypatch.setattr(f"autograder.sandbox.{step}", fault)
    assert words in str(why_unavailable(wanted))


def on_machine(*kinds: str, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run ``autograder`` on a machine that offers less; see machines.py."""
    python = [sys.executable, str(MACHINES), *kinds, "--", sys.executable, "-m", "autograder"]
    environment = os.environ | {"COLUMNS": "300"}
    return subprocess.run([*python, *command], capture_output=True, text=True, check=False, env=environment)


@needs_a_jail
@needs_landlock
@pytest.mark.tensorflow
@pytest.mark.parametrize("user", [(), ("ordinary",)], ids=["this user", "ordinary user"])
def test_doctor_names_the_tier_and_the_remedy(user: tuple[str, ...]) -> None:
    done = on_machine("no-user-namespaces", *user, command=("doctor",))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "landlock: " in done.stdout
    assert "missing: unshare" in done.stdout
    assert "to fix it: sudo sysctl -w user.max_user_namespaces=" in done.stdout
    assert "confined and TensorFlow imported" in done.stdout


@needs_a_jail
def test_grading_refuses_without_any_tier(tmp_path: Path) -> None:
    """The message says what to do."""
    (tmp_path / "submitted/alice").mkdir(parents=True)
    command = ("grade", "cnn", str(tmp_path / "submitted"), "--out", str(tmp_path / "out"))
    course = ("--course", str(Path(__file__).parents[2]))
    done = on_machine("no-user-namespaces", "no-landlock", command=(*command, *course))
    assert done.returncode == 2
    for words in ("unshare", "no Landlock", "sudo sysctl -w", "--i-trust-these-submissions"):
        assert words in done.stderr
    assert not (tmp_path / "out").exists()


@needs_a_jail
@needs_landlock
def test_a_chosen_tier_is_never_weakened(tmp_path: Path) -> None:
    """Where the tier of --tier does not work, grading refuses instead of using a weaker tier."""
    (tmp_path / "submitted/alice").mkdir(parents=True)
    command = ("grade", "cnn", str(tmp_path / "submitted"), "--out", str(tmp_path / "out"))
    course = ("--course", str(Path(__file__).parents[2]))
    done = on_machine("no-user-namespaces", command=(*command, *course, "--tier", "namespaces"))
    assert done.returncode == 2
    assert "cannot confine student code at tier namespaces: unshare" in done.stderr


@needs_a_jail
def test_the_remedy_is_about_the_chosen_tier(tmp_path: Path) -> None:
    """Where tier landlock does not work, the remedy is about Landlock and not about namespaces."""
    (tmp_path / "submitted/alice").mkdir(parents=True)
    command = ("grade", "cnn", str(tmp_path / "submitted"), "--out", str(tmp_path / "out"))
    course = ("--course", str(Path(__file__).parents[2]))
    done = on_machine("no-landlock", command=(*command, *course, "--tier", "landlock"))
    assert done.returncode == 2
    assert "cannot confine student code at tier landlock: landlock_create_ruleset" in done.stderr
    line = done.stderr.partition("To fix it: ")[2]
    assert line.strip()
    assert "sysctl" not in line
