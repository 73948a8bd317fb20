"""What a student reads: all that is theirs, and nothing that is for staff."""

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from example_results import HOMEWORK, WHEN, XSS, Page, check, rejected, result, waiting

from autograder.pictures import image_grid
from autograder.reports.feedback import feedback_page
from autograder.result import (
    Artifact,
    CheckStatus,
    Direction,
    Measurement,
    SubmissionResult,
    Trial,
    Visibility,
)

PNG = image_grid(np.ones((1, 4, 4)), 1)
LUCK = Measurement(
    "confidence", Direction.AT_LEAST, 0.8125, 3, (Trial(777001, 0.4), Trial(777002, None), Trial(777003, 0.9))
)


def page(tmp_path: Path, submission: SubmissionResult, **pictures: bytes) -> Page:
    named = {f"{name}.png": data for name, data in pictures.items()}
    text = feedback_page(submission, HOMEWORK, named, WHEN)
    (tmp_path / "feedback.html").write_text(text, encoding="utf-8")
    return Page(text)


def hidden(**fields: Any) -> SubmissionResult:
    bad = check("conv_id", "failed", title="It works", visibility=Visibility.HIDDEN, **fields)
    return result("ada", check("a"), bad)


def test_the_page_has_score_verdicts_and_hints(tmp_path: Path) -> None:
    text = page(tmp_path, hidden(message="Expected 1.\n  Received: 2", hint="Look.")).text
    assert "Convolution & <friends>" in text
    assert "For ada Written 2026-03-01 12:30 UTC 5 of 10 points 1 of 2 checks passed" in text
    assert "✓ passed a works public 5 / 5" in text
    assert "✗ failed It works hidden 0 / 5 Expected 1. Received: 2 Hint Look." in text


def test_runs_are_shown_against_the_threshold(tmp_path: Path) -> None:
    text = page(tmp_path, hidden(measurement=LUCK)).text
    assert "Measured: confidence. Needed in one run: at least 0.8125" in text
    assert "✗ run 1: 0.4 ✗ run 2: no number ✓ run 3: 0.9" in text
    at_most = Measurement("loss", Direction.AT_MOST, 0.5, 1, (Trial(1, 0.5),))
    text = page(tmp_path, hidden(measurement=at_most)).text
    assert "Measured: loss. Needed: at most 0.5 ✓ run 1: 0.5" in text


def test_pictures_have_their_size_and_caption(tmp_path: Path) -> None:
    artifacts = (Artifact("b-samples.png", "Your <samples>"), Artifact("b-lost.png", "Lost"))
    shown = page(tmp_path, hidden(artifacts=artifacts), **{"b-samples": PNG, "other": PNG})
    assert shown.tags["img"] == 1
    attributes = dict(shown.attributes)
    assert attributes["src"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert (attributes["width"], attributes["height"]) == ("24", "24")
    assert attributes["alt"] == "Your <samples>"
    assert "Your <samples>" in shown.text
    assert "Lost" not in shown.text


def test_nothing_that_is_for_staff_leaks(tmp_path: Path) -> None:
    secret = hidden(
        detail="the_detail",
        measurement=LUCK,
        metrics={"the_metric": 123.456},
        artifacts=(Artifact("x.png", "lost"),),
    )
    fields = {
        "seed": "5eed",
        "isolation": "the_tier",
        "calibration": "the_calibration",
        "digest": "sha256:d1",
    }
    record = result("ada", *secret.checks, reason="the_reason", seconds=98765.4, **fields)
    page(tmp_path, record)
    text = (tmp_path / "feedback.html").read_text()
    staff = (
        "the_detail the_metric 123.4 5eed the_tier the_calibration d1 the_reason 98765 777001 777003 conv_id"
    )
    assert not [word for word in staff.split() if word in text.split("</style>")[1]]


def test_a_grader_fault_is_no_zero_and_no_details(tmp_path: Path) -> None:
    shown = page(tmp_path, waiting("ada", "ZygoteError at line 3"))
    assert "Staff are looking at your submission" in shown.text
    assert "Your score is missing because we have not graded this yet." in shown.text
    assert "⚑ grader fault b works public – / 5" in shown.text
    assert "of 10 points" not in shown.text
    assert "ZygoteError" not in shown.text
    assert "ConnectionResetError" not in shown.text


def test_a_rejected_submission_is_told_why(tmp_path: Path) -> None:
    shown = page(tmp_path, rejected("ada", "cnn.py is missing.\nHand it in."))
    assert "0 of 10 points" in shown.text
    assert "Your submission was not run" in shown.text
    assert "cnn.py is missing. Hand it in." in shown.text


def test_hostile_text_is_shown_and_not_run(tmp_path: Path) -> None:
    odd = Measurement(XSS, Direction.AT_LEAST, 0.5, 1, (Trial(1, 0.5),))
    kept = (Artifact("b.png", XSS),)
    bad = check(XSS, "failed", title=XSS, message=XSS, hint=XSS, measurement=odd, artifacts=kept)
    for submission in (result(XSS, bad), rejected(XSS, XSS)):
        shown = page(tmp_path, submission, b=PNG)
        assert shown.tags["script"] == 0
        assert not [name for name, _ in shown.attributes if name.startswith("on")]
        assert shown.text.count("<script>alert(1)</script>") >= 2
        assert all(
            (value or "").startswith("data:image/png;base64,")
            for name, value in shown.attributes
            if name == "src"
        )


def test_control_characters_do_not_reach_the_page(tmp_path: Path) -> None:
    bad = "a\x00b\x1b[31mc\x1b[0m\u202ed\ud800"
    page(
        tmp_path,
        result(bad, check("a", "failed", message=bad, hint=bad, artifacts=(Artifact("b.png", bad),))),
        b=PNG,
    )
    text = (tmp_path / "feedback.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert text.count("abcd\ufffd") >= 4


def test_the_page_loads_nothing_and_forbids_to(tmp_path: Path) -> None:
    shown = page(tmp_path, hidden(artifacts=(Artifact("b.png", "Samples"),)), b=PNG)
    assert not shown.tags.keys() & {"script", "link", "a", "iframe", "object", "base", "form"}
    text = (tmp_path / "feedback.html").read_text()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert f'"{policy}"' in text
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("status", list(CheckStatus))
def test_every_status_has_a_page(tmp_path: Path, status: CheckStatus) -> None:
    assert (
        page(tmp_path, result("s", check("a", status.value, max_score=0, score=0), max_score=0)).tags[
            "article"
        ]
        == 1
    )


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a time with a time zone"):
        feedback_page(result("s"), HOMEWORK, {}, WHEN.replace(tzinfo=None))
