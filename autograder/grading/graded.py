"""The answer of a slot: a graded submission, or why grading failed. It is sent between processes as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.pictures.album import validate_pictures
from autograder.result import SubmissionResult


@dataclass(frozen=True, slots=True)
class Graded:
    """A graded submission.

    Attributes:
        result: its record.
        log: what its code printed; for staff only.
        pictures: file name → PNG file, for the pictures that the record names.
        known: whether it is the result of an earlier run.
    """

    result: SubmissionResult
    log: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    known: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """Grading failed because of a fault in the grader, not in the submission.

    Attributes:
        because: the reason, on one line, for staff.
    """

    because: str


def encode_answer(answer: Graded | Broken) -> bytes:
    """Return an answer as one line of JSON, without the newline."""
    if isinstance(answer, Broken):
        return json.dumps({"broken": answer.because}).encode()
    pictures = {name: base64.b64encode(data).decode() for name, data in answer.pictures.items()}
    record = {"result": answer.result.to_json(), "log": answer.log, "pictures": pictures}
    return json.dumps(record).encode()


def decode_answer(line: bytes) -> Graded | Broken:
    """Read what `encode_answer` wrote.

    Raises:
        ValueError: the line is not such an answer, or holds a picture that a check may not keep.
    """
    try:
        record = json.loads(line)
        if "broken" in record:
            return Broken(str(record["broken"]))
        result = SubmissionResult.from_json(record["result"])
        pictures = {name: base64.b64decode(data, validate=True) for name, data in record["pictures"].items()}
        log = str(record["log"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"Expected a graded submission. Received: {error!r}") from error
    validate_pictures(result, pictures)
    return Graded(result, log, pictures)
