"""Every attack is graded with the real command, and gains nothing, learns nothing and breaks nothing."""

import csv
from typing import Any

import pytest

from attacks.attack import ZOO, Attack
from attacks.canaries import CLASSMATE
from attacks.command import FIRST_CONTROL, GAMBLER, ClassGraded
from attacks.table import ATTACKS
from attacks.verdict import BREACH, breaches, changed_controls, essence, gained, leaks, written

pytestmark = [pytest.mark.attacks, pytest.mark.slow, pytest.mark.tensorflow]

LISTED = range(1, 53)
LONGEST_MESSAGE = 2000
LONGEST_LOG = 64 << 10


def test_the_zoo_covers_every_attack_on_the_list() -> None:
    assert {number for attack in ATTACKS for number in attack.numbers} >= set(LISTED)


def test_the_table_lists_each_attack_file_once() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(set(names)) == len(names)
    files = {path.stem for path in ZOO.glob("*.py")}
    assert {attack.name for attack in ATTACKS if attack.lay_down is None} <= files <= set(names)


def test_an_attack_gains_no_points(graded: ClassGraded, attack: Attack) -> None:
    """It gets what its honest work deserves, and the next student is graded as usual."""
    result = graded.result(attack)
    assert result["status"] in one_of(attack.status), result["reason"]
    assert (result["score"] or 0) <= attack.deserves
    assert (result["score"] or 0) == attack.score, statuses(result)
    found = {check["id"]: check["status"] for check in result["checks"]}
    for check, wanted in attack.checks.items():
        assert found[check] in one_of(wanted), statuses(result)
    said = "\n".join([result["reason"], *(check["message"] for check in result["checks"])])
    for words in attack.says:
        assert words in said
    log = graded.log_of(result)
    for words in attack.logs:
        assert words in log
    assert BREACH not in log
    assert essence(graded.control_after(attack)) == essence(graded.results[FIRST_CONTROL])


def one_of(wanted: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return all values that are right."""
    return (wanted,) if isinstance(wanted, str) else wanted


def statuses(result: dict[str, Any]) -> str:
    """Return every check's status and message, for a failing test."""
    return "\n".join(f"{c['id']}: {c['status']} {c['message']}" for c in result["checks"])


def test_honest_work_fits_the_lowered_limits(graded: ClassGraded) -> None:
    """A classmate gets all 40 points."""
    assert graded.results[CLASSMATE]["score"] == 40
    assert graded.results[FIRST_CONTROL]["score"] == 4


def test_the_command_ends_well_and_needs_nobody(graded: ClassGraded) -> None:
    assert [name for name, result in graded.results.items() if result["status"] == "needs_staff"] == []
    assert graded.code == 0


def test_no_attack_gains_a_point(graded: ClassGraded) -> None:
    assert gained(graded) == []


def test_no_canary_is_in_any_written_file(graded: ClassGraded) -> None:
    assert leaks(graded) == []


def test_no_attacker_did_what_must_not_be_done(graded: ClassGraded) -> None:
    assert breaches(graded) == []


def test_attacks_do_not_change_honest_results(graded: ClassGraded) -> None:
    assert changed_controls(graded) == []


def test_nobody_came_through_a_socket(graded: ClassGraded) -> None:
    assert graded.visitors == []


def test_nothing_is_left_running(graded: ClassGraded) -> None:
    assert graded.left == []


def test_no_process_outlives_a_killed_command(graded: ClassGraded) -> None:
    assert graded.was_killed
    assert graded.left_after_kill == []


def test_the_disk_is_as_it_was_before(graded: ClassGraded) -> None:
    """No file is new or changed, and the mounts are the same."""
    assert graded.litter == []
    assert graded.changed == []
    assert graded.mounts[0] == graded.mounts[1]


def test_no_descriptor_leaks_in_any_process(graded: ClassGraded) -> None:
    """The same processes live from the first submission to the last."""
    assert len(graded.descriptors) >= 3, "command, slot and zygote live from the first submission to the last"
    assert all(last <= first for first, last in graded.descriptors.values()), graded.descriptors


def test_the_same_files_get_the_same_verdict(graded: ClassGraded) -> None:
    """Another run gives them the same seed, too."""
    student = graded.names[GAMBLER]
    assert graded.again[student]["seed"] == graded.results[student]["seed"]
    assert essence(graded.again[student]) == essence(graded.results[student])


def test_copies_have_the_same_digest(graded: ClassGraded) -> None:
    copy = graded.results[graded.names["49_copies"]]
    assert copy["digest"] == graded.results[FIRST_CONTROL]["digest"]


def test_messages_and_logs_are_short_and_plain(graded: ClassGraded) -> None:
    for result in graded.results.values():
        for check in result["checks"]:
            assert len(check["message"]) <= LONGEST_MESSAGE
    for name, content in written(graded):
        is_picture = name.endswith(".png") and content.startswith(b"\x89PNG\r\n\x1a\n")
        assert is_picture or b"\x1b" not in content, name  # compressed pictures hold any byte
        assert len(content) <= LONGEST_LOG + 3 or not name.endswith(".txt"), name


def test_no_report_runs_what_a_student_wrote(graded: ClassGraded) -> None:
    page = (graded.grounds.out / "report.html").read_text(encoding="utf-8")
    assert "<script>zoo" not in page
    assert "<img src=x" not in page
    with (graded.grounds.out / "grades.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_results_name_their_tier(graded: ClassGraded, request: pytest.FixtureRequest) -> None:
    tier = request.node.callspec.params["graded"].tier
    assert {result["isolation"] for result in graded.results.values() if result["checks"]} == {tier}
