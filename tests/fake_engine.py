"""An engine and a plan for tests of grading: nothing is forked, nothing is trained."""

from collections.abc import Callable, Generator, Sequence

from autograder.grading.graded import Broken, Graded
from autograder.grading.plan import Plan
from autograder.homework import SolvedHomework
from autograder.judging.mode import Judge
from autograder.result import SubmissionResult, SubmissionStatus
from autograder.sandbox.tier import Tier
from autograder.submission import Entry

Answer = Callable[[Entry], Graded | Broken]


def plan_of(homework: SolvedHomework, tier: Tier = Tier.NAMESPACES) -> Plan:
    """Return a plan to give grades, with a secret of its own."""
    return Plan(homework, tier, b"s" * 32, (), Judge())


def three_points(entry: Entry) -> Graded:
    """Everybody gets three points, and a log with their name."""
    result = SubmissionResult(entry.student, "cnn", "sha256:0", SubmissionStatus.GRADED, 3.0, 60)
    return Graded(result, f"log of {entry.student}")


class FakeEngine:
    """Answers entries with a function; notes the plans, who was tried, and how many passes have ended."""

    def __init__(self, answer: Answer = three_points) -> None:
        self.answer = answer
        self.passes: list[list[str]] = []
        self.plans: list[Plan] = []
        self.ended = 0

    def run(
        self, plan: Plan, entries: Sequence[Entry]
    ) -> Generator[tuple[Entry, Graded | Broken], None, None]:
        self.plans.append(plan)
        self.passes.append([entry.student for entry in entries])
        try:
            for entry in entries:
                yield entry, self.answer(entry)
        finally:
            self.ended += 1
