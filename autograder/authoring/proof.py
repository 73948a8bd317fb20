"""The evidence of a homework's self-test: where it is, and whether it is valid for today's checks."""

from __future__ import annotations

import json
from typing import Any

from autograder.homework import SolvedHomework
from autograder.known.digests import EVIDENCE, digest_of_evidence, digest_of_first_evidence


def unproved(homework: SolvedHomework) -> str | None:
    """Return why a homework must not be released; None if its self-test succeeded and is up to date."""
    path = homework.solution / EVIDENCE
    run = f"Run: autograder selftest {homework.name}"
    try:
        evidence: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        digest, right, schema = evidence["digest"], evidence["right"], evidence["schema"]
    except FileNotFoundError:
        return f"The checks of {homework.name} have never been tested. {run}"
    except (ValueError, KeyError, TypeError):
        return f"{path} is not the evidence of a self-test. {run}"
    # Evidence of an earlier version covers the homework, and not the part of this program that judges.
    wanted = digest_of_first_evidence(homework) if schema == 1 else digest_of_evidence(homework)
    if digest != wanted:
        return (
            f"The self-test of {homework.name} is older than its checks, solutions or calibration, "
            f"or older than the part of this program that judges. {run}"
        )
    return None if right is True else f"The last self-test of {homework.name} found something wrong. {run}"
