"""The certificate: what is written is read again, and holds under its own conditions only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.calibration.certificate import (
    CalibratedCheck,
    Certificate,
    CertificateError,
    Conditions,
    Rule,
    read_certificate,
)
from autograder.result import Direction, Trial

CONDITIONS = Conditions(
    dataset="digits",
    dataset_digest="sha256:" + "ab" * 32,
    versions={"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"},
    threads=1,
    parameters={"epochs": 7},
)
CHECK = CalibratedCheck(
    metric="accuracy",
    direction=Direction.AT_LEAST,
    rule=Rule(3, 0.02),
    trials=tuple(Trial(seed, 0.95 + seed / 1000) for seed in range(20)),
    wrong={"chaff-one_epoch": (0.7, 0.75)},
)
CERTIFICATE = Certificate("cnn", CONDITIONS, "2026-11-23", {"reaches": CHECK, "loss": CHECK})


def test_it_survives_the_way_through_its_file(tmp_path: Path) -> None:
    CERTIFICATE.write(tmp_path / "calibration.json")
    assert read_certificate(tmp_path / "calibration.json") == CERTIFICATE


def test_the_file_has_thresholds_and_bounds(tmp_path: Path) -> None:
    record = json.loads(CERTIFICATE.to_json())
    entry = record["checks"]["reaches"]
    assert entry["threshold"] == pytest.approx(0.93)
    assert entry["bound"]["average"] == pytest.approx(5.6e-4, rel=0.02)
    assert record["bound"]["average"] == pytest.approx(2 * entry["bound"]["average"])
    assert entry["separation"] == pytest.approx((0.95 - 0.75) / 0.0059161, rel=1e-4)
    assert len(entry["seeds"]) == len(entry["values"]) == 20
    assert record["conditions"]["versions"]["keras"] == "3.15.1"


def test_an_edited_threshold_changes_nothing(tmp_path: Path) -> None:
    """It follows from the values; whoever wants another one has to change the rule, which is checked."""
    record = json.loads(CERTIFICATE.to_json())
    record["checks"]["reaches"]["threshold"] = 0.1
    (tmp_path / "calibration.json").write_text(json.dumps(record))
    assert read_certificate(tmp_path / "calibration.json").checks["reaches"].threshold == pytest.approx(0.93)


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (replace(CONDITIONS, dataset="mnist"), "data set digits (sha256:abab"),
        (replace(CONDITIONS, dataset_digest="sha256:00"), "data set"),
        (
            replace(CONDITIONS, versions={**CONDITIONS.versions, "keras": "3.16.0"}),
            "keras 3.15.1, here 3.16.0",
        ),
        (replace(CONDITIONS, versions={"numpy": "2.4.6"}), "tensorflow 2.21.0, here none"),
        (replace(CONDITIONS, threads=2), "1 threads, here 2"),
        (replace(CONDITIONS, parameters={"epochs": 8}), "parameters {'epochs': 7}, here {'epochs': 8}"),
    ],
)
def test_differing_conditions_are_named(here: Conditions, words: str) -> None:
    assert words in "; ".join(CONDITIONS.differences(here))


def test_a_patch_release_is_the_same_condition() -> None:
    here = replace(CONDITIONS, versions={"tensorflow": "2.21.3", "keras": "3.15.9", "numpy": "2.5.0"})
    assert CONDITIONS.differences(here) == []


def test_an_uncalibrated_check_or_rule_is_refused() -> None:
    CERTIFICATE.require({"reaches": Rule(3, 0.02)})
    with pytest.raises(CertificateError, match=r"other was never calibrated.*autograder calibrate cnn"):
        CERTIFICATE.require({"other": Rule(3, 0.0)})
    with pytest.raises(CertificateError, match=r"runs=3, slack=0.02, and now has runs=4, slack=0.02"):
        CERTIFICATE.require({"reaches": Rule(4, 0.02)})


def test_students_get_no_runs_of_wrong_solutions() -> None:
    part = CERTIFICATE.only({"loss"})
    assert set(part.checks) == {"loss"}
    assert part.checks["loss"].wrong == {}
    assert part.checks["loss"].threshold == CHECK.threshold


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not a calibration"),
        ("[]", "is not a calibration"),
        ('{"schema": 9}', "expected schema 1"),
        ('{"schema": 1}', "is not a calibration: KeyError"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(content)
    with pytest.raises(CertificateError, match=words):
        read_certificate(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="there is none"):
        read_certificate(tmp_path / "calibration.json")


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    record = json.loads(CERTIFICATE.to_json())
    record["checks"]["loss"]["values"][0] = float("nan")
    (tmp_path / "calibration.json").write_text(json.dumps(record))
    with pytest.raises(CertificateError, match="finite values"):
        read_certificate(tmp_path / "calibration.json")


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record["conditions"].update(parameters=None),
        lambda record: record["conditions"].update(versions="2.21"),
        lambda record: record["conditions"].update(versions={"keras": 3.15}),
        lambda record: record["conditions"].update(dataset_digest=None),
        lambda record: record["checks"]["reaches"].update(
            seeds=record["checks"]["reaches"]["seeds"] * 2, values=record["checks"]["reaches"]["values"] * 2
        ),
    ],
    ids=["no parameters", "one version", "a number as version", "no digest", "every run twice"],
)
def test_an_invalid_file_is_refused_with_a_remedy(damage: Any, tmp_path: Path) -> None:
    record = json.loads(CERTIFICATE.to_json())
    damage(record)
    (tmp_path / "calibration.json").write_text(json.dumps(record))
    with pytest.raises(CertificateError, match=r"is not a calibration.*\nRun: autograder calibrate"):
        read_certificate(tmp_path / "calibration.json")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").mkdir()
    with pytest.raises(CertificateError, match="is not a calibration"):
        read_certificate(tmp_path / "calibration.json")


def test_confidence_holds_for_all_checks_together() -> None:
    one = replace(CERTIFICATE, checks={"reaches": CHECK})
    two = replace(CERTIFICATE, checks={"reaches": CHECK, "again": CHECK})
    assert one.confident_bound == pytest.approx(CHECK.confident_bound)
    q = 1 - 0.025 ** (1 / len(CHECK.trials))
    assert two.confident_bound == pytest.approx(2 * q**CHECK.rule.runs)
