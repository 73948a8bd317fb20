"""Results, and a reader of pages, for tests of reports."""

from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from autograder.homework import Homework, HomeworkLimits
from autograder.result import CheckResult, CheckStatus, SubmissionResult, SubmissionStatus, Visibility

WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


XSS = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


HOMEWORK = Homework(
    "cnn",
    "Convolution & <friends>",
    "digits",
    ("cnn.py",),
    10,
    ("a", "b"),
    HomeworkLimits(),
    Path("cnn"),
)


def check(name: str, status: str = "passed", score: float | None = None, **fields: Any) -> CheckResult:
    reached = score if score is not None else (5 if status == "passed" else 0)
    defaults: dict[str, Any] = {"title": f"{name} works", "visibility": Visibility.PUBLIC, "max_score": 5}
    return CheckResult(id=name, score=reached, status=CheckStatus(status), **defaults | fields)


def result(student: str, *checks: CheckResult, **fields: Any) -> SubmissionResult:
    defaults: dict[str, Any] = {
        "homework": "cnn",
        "digest": "sha256:ab",
        "status": SubmissionStatus.GRADED,
        "score": float(sum(check.score for check in checks)),
        "max_score": 10,
        "isolation": "namespaces",
    }
    return SubmissionResult(student=student, checks=checks, **defaults | fields)


def waiting(student: str, reason: str) -> SubmissionResult:
    checks = (check("a"), check("b", "grader_error", detail="ConnectionResetError"))
    return result(student, *checks, status=SubmissionStatus.NEEDS_STAFF, score=None, reason=reason)


def rejected(student: str, reason: str) -> SubmissionResult:
    return result(student, status=SubmissionStatus.REJECTED, score=0, reason=reason)


CLASS = [
    result("s10", check("a"), check("b")),
    result("s2", check("a", "partial", 1.5), check("b", "failed", message="Expected 1. Received: 2")),
    waiting("s3", "the evaluator stopped"),
    rejected("s4", "cnn.py is missing"),
]


class Page(HTMLParser):
    """Collects the tags, attributes and texts of a page, and insists that tags are balanced."""

    VOID = frozenset({"meta", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())
