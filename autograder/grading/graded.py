"""What a slot answers: a graded submission, or why grading broke. Its JSON form crosses the processes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.pictures.album import validate_pictures
from autograder.result import SubmissionResult


@dataclass(frozen=True, slots=True)
class Graded:
    """A submission's record, what its code printed (for staff only), and the pictures of its checks."""

    result: SubmissionResult
    log: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """Grading broke on our side.

    Attributes:
        because: why, in one line for staff.
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
        ValueError: it is no such line, or a picture in it is not as checks may keep them.
    """
    try:
        record = json.loads(line)
        if "broken" in record:
            return Broken(str(record["broken"]))
        result = SubmissionResult.from_json(record["result"])
        pictures = {name: base64.b64decode(data, validate=True) for name, data in record["pictures"].items()}
        log = str(record["log"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"Expected a graded submission. Received: {error!r}") from error
    validate_pictures(result, pictures)
    return Graded(result, log, pictures)
