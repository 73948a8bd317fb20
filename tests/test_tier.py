"""What a machine is told about its isolation."""

from pathlib import Path

import pytest

from autograder.sandbox import tier
from autograder.sandbox.tier import Tier, probe


def test_the_probe_names_a_tier_or_what_is_missing() -> None:
    isolation = probe()
    assert isolation.tier is Tier.NAMESPACES or (isolation.missing and isolation.remedy)


def test_a_system_without_namespaces_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    isolation = probe()
    assert isolation.tier is Tier.NONE
    assert "needs Linux" in isolation.missing
    assert "WSL 2" in isolation.remedy


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        (
            "apparmor_restrict_unprivileged_userns",
            "1\n",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("unprivileged_userns_clone", "0\n", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("max_user_namespaces", "0\n", "sysctl -w user.max_user_namespaces="),
        ("other", "0\n", "docker run"),
    ],
)
def test_the_remedy_is_the_line_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str, line: str
) -> None:
    (tmp_path / name).write_text(content)

    def elsewhere(path: str) -> Path:
        return tmp_path / path.rsplit("/", 1)[-1]

    monkeypatch.setattr(tier, "Path", elsewhere)
    monkeypatch.setattr(tier, "_try_namespaces", lambda: "unshare: Operation not permitted")
    isolation = probe()
    assert isolation.tier is Tier.NONE
    assert isolation.missing == "unshare: Operation not permitted"
    assert line in isolation.remedy
