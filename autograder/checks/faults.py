"""Turn a failed call of student code into a status and a message for the student."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from autograder.checks.verdict import StudentFault
from autograder.result import CheckStatus
from autograder.sandbox.protocol import IMPORT, Missing, Outcome, Raised, Refused
from autograder.sandbox.refusals import Reason
from autograder.sandbox.runner import Ending, EndKind, Reply
from autograder.untrusted import plain

_MAX_CLAIM: Final = 500
_HINTS: Final = {
    "SystemExit": "Remove exit(), quit() and sys.exit().",
    "EOFError": "Is there an input()? Nobody is there to answer.",
}
_RETURNED: Final = "Return NumPy arrays, numbers, strings, or lists, tuples and dictionaries of these."
_SEVERAL: Final = "Return all of them, in the order of the handout: return first, second, third."
_REFUSED: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NOT_A_MODEL: "Is a return missing? Return the model itself.",
        Reason.NOT_SEVERAL: _SEVERAL,
        Reason.VALUE_COUNT: _SEVERAL,
    }
)
_LOOPS: Final = "Is there a loop that never ends, or work on single numbers that NumPy could do at once?"
_WAITS: Final = "Remove sleeps, input() and anything else that waits."
_AT_IMPORT: Final = (
    "Code outside functions runs when the file is imported. Remove it, or move it below "
    'if __name__ == "__main__":'
)
_FIRST: Final = "Make these functions faster first. Then all checks can run."
_ENDS_MAIN: Final = "Remove whatever ends the main thread, or changes the process itself."
_MAX_NAMES: Final = 300  # the search for a similar name is slow among many names


def fault(outcome: Outcome | None, reply: Reply, doing: str, file: str) -> StudentFault:
    """Return the exception that describes why a step of a job gave no result.

    Args:
        outcome: the worker's outcome of the step; None when the worker sent none.
        reply: the reply to the whole job.
        doing: the name of the called function, or of another action, such as "importing cnn.py".
        file: the name of the student's file.

    Raises:
        RuntimeError: the reply does not say how its process ended: a fault of the grader.
    """
    match outcome:
        case Refused(_, refusal):
            return StudentFault(
                CheckStatus.REFUSED,
                f"{doing} returned {plain(str(refusal), _MAX_CLAIM)}, which cannot be graded.",
                _REFUSED.get(refusal.reason, _RETURNED),
            )
        case Missing(_, names):
            return _missing([plain(name, 60) for name in names[:_MAX_NAMES]], doing, file)
        case Raised():
            return _raised(outcome, doing, file)
    if reply.malformed is not None:
        return StudentFault(CheckStatus.REFUSED, f"{doing} sent {reply.malformed}, which cannot be graded.")
    if reply.ending is None:  # an AssertionError would count as a failed check
        raise RuntimeError("Expected a reply that says how its process ended.")
    if reply.ending.kind is EndKind.BUDGET:
        return StudentFault(
            CheckStatus.TIMEOUT, f"{doing} was not checked, because no time was left. {reply.note}", _FIRST
        )
    return _ended(reply.ending, doing, imported=any(one.step == IMPORT for one in reply.outcomes))


def _raised(outcome: Raised, doing: str, file: str) -> StudentFault:
    """Describe an exception in the student's code."""
    if outcome.not_implemented:
        return StudentFault(CheckStatus.NOT_ATTEMPTED, f"{doing} is not written yet.")
    status = CheckStatus.OUT_OF_MEMORY if outcome.out_of_memory else CheckStatus.ERROR
    line = f" in line {outcome.line} of {file}" if outcome.line is not None else ""
    kind, text = (plain(words, _MAX_CLAIM) for words in (outcome.kind, outcome.message))
    return StudentFault(
        status, f"{doing} raised {kind}{line}" + (f": {text}" if text else "."), _HINTS.get(kind, "")
    )


def _missing(names: list[str], doing: str, file: str) -> StudentFault:
    """Describe a function that the student's file does not define."""
    close = difflib.get_close_matches(doing, names, 1)
    defined = ", ".join(names[:20]) or "no functions"
    return StudentFault(
        CheckStatus.ERROR,
        f"Expected a function named {doing} in {file}. Received: {defined}.",
        f"Is it {close[0]}? Names have to be exactly those of the handout." if close else "",
    )


def _ended(ending: Ending, doing: str, *, imported: bool) -> StudentFault:
    """Describe a process that ended before it had a result.

    Args:
        ending: how it ended.
        doing: what it was doing.
        imported: whether it had imported the student's file.
    """
    killed = {
        # The kernel may let a job run a second beyond its limit, so show the measured time, not the limit.
        EndKind.CPU: (
            CheckStatus.TIMEOUT,
            f"because it computed for {ending.cpu_seconds:.0f} seconds, which is more than it may",
            _LOOPS if imported else _AT_IMPORT,
        ),
        EndKind.IDLE: (
            CheckStatus.TIMEOUT,
            "because it waited for too long without computing anything",
            _WAITS,
        ),
        EndKind.MEMORY: (
            CheckStatus.OUT_OF_MEMORY,
            f"because it used {ending.peak_bytes / 1e9:.1f} GB of memory, which is more than it may",
            "",
        ),
        EndKind.DISK: (CheckStatus.CRASHED, "when it wrote too many or too large files", ""),
        EndKind.THREADS: (CheckStatus.CRASHED, "when it started too many threads", ""),
        EndKind.FLOOD: (CheckStatus.CRASHED, "when it had printed more than 64 MB", ""),
        EndKind.UNWATCHED: (
            CheckStatus.CRASHED,
            "when its memory could not be measured any more",
            _ENDS_MAIN,
        ),
    }
    if ending.kind in killed:
        status, when, hint = killed[ending.kind]
        return StudentFault(status, f"{doing} was stopped {when}.", hint)
    if ending.kind is EndKind.SIGNAL:
        return StudentFault(
            CheckStatus.CRASHED, f"{doing} crashed the Python process (signal {-ending.code})."
        )
    return StudentFault(
        CheckStatus.CRASHED,
        f"{doing} ended the Python process (exit code {ending.code}) instead of returning.",
        "Remove exit(), quit() and os._exit().",
    )
