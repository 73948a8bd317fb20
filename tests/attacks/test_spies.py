"""Attackers that look for secrets do find them where nothing confines them: their silence can be trusted."""

import subprocess
import sys
from pathlib import Path

import pytest

from attacks.attack import Told, source
from attacks.canaries import Grounds, plant
from attacks.watch import Doors, wait_until

pytestmark = pytest.mark.attacks


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    return plant(tmp_path_factory.mktemp("unconfined"))


def unconfined(grounds: Grounds, name: str, call: str, told: Told | None = None) -> str:
    """Run an attack in a plain process, from the folder where a student's work lies."""
    folder = grounds.submissions / "spy"
    folder.mkdir(exist_ok=True)
    # Nobody has to search this whole machine to see that a search works.
    text = source(name, told or {}).replace("MOST = 4000", "MOST = 200") + f"\n\n{call}\n"
    (folder / "cnn.py").write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-I", "cnn.py"],
        cwd=folder,
        env=grounds.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_a_spy_that_knows_the_paths_finds_secrets(grounds: Grounds) -> None:
    """It finds every canary and reports that it could read it."""
    printed = unconfined(grounds, "12_reads_secrets", "search()", {"paths": grounds.targets()})
    assert set(grounds.canaries.found_in(printed.encode())) == set(grounds.canaries.paths)
    assert "BREACH: could read" in printed


def test_a_spy_that_searches_by_itself_finds_each(grounds: Grounds) -> None:
    printed = unconfined(grounds, "12_reads_secrets", "search()")
    assert set(grounds.canaries.found_in(printed.encode())) == set(grounds.canaries.paths)


@pytest.mark.parametrize(
    ("name", "call"), [("56_reads_processes", "search()"), ("70_own_memory", "search()")]
)
def test_a_spy_finds_canaries_in_the_environment(grounds: Grounds, name: str, call: str) -> None:
    assert grounds.canaries.found_in(unconfined(grounds, name, call).encode()) == ["environment"]


def test_a_spy_finds_what_a_caller_holds(grounds: Grounds) -> None:
    call = f"""
def caller():
    expected = ["{grounds.canaries.places["labels"]}"[:]]
    labels = np.zeros(HIDDEN_IMAGES)
    search()

caller()
"""
    printed = unconfined(grounds, "13_expected_values", call)
    assert "labels" in grounds.canaries.found_in(printed.encode())
    assert "one entry for each hidden image" in printed


def test_what_a_jail_forbids_works_without_one(grounds: Grounds, tmp_path: Path) -> None:
    # Only attacks that harm nothing but what they are given; the others would change this machine.
    victim = tmp_path / "victim.py"
    victim.write_text("VALUE = 1\n")
    assert "BREACH: could truncate" in unconfined(
        grounds, "57_spoils_files", "try_everything()", {"victims": [str(victim)]}
    )
    told = {"folders": grounds.closed_folders()}
    assert "BREACH: could watch" in unconfined(grounds, "58_watches_folders", "try_everything()", told)
    with Doors(grounds.home / "run") as doors:
        assert "BREACH: tcp" in unconfined(grounds, "22_network", "try_everything()", doors.addresses)
        assert wait_until(lambda: {"tcp", "udp"} <= set(doors.visitors), 5)
