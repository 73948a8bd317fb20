"""A runner without processes: for tests of what is above the sandbox."""

from __future__ import annotations

import types
from typing import Any

from autograder.sandbox import protocol
from autograder.sandbox.limits import Limits
from autograder.sandbox.protocol import Call, Item, Missing, Outcome, Raised, Refused, Returned, Setup, Step
from autograder.sandbox.refusals import Reason
from autograder.sandbox.runner import Ending, EndKind, Evaluator, Job, Reply
from autograder.sandbox.wire import Ref, UnsendableError, encode


class InProcessRunner:
    """Runs a worker's job in this process: trusted code in one file, calls and items only.

    Attributes:
        jobs: what it was asked to run.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def run(self, job: Job) -> Reply:
        """Run one job to its end."""
        self.jobs.append(job)
        assert isinstance(job.request, Setup)
        module = types.ModuleType(job.request.module)
        kept: dict[str, Any] = {}
        outcomes = [_attempt(protocol.IMPORT, lambda: _import(job.request, module))]
        if isinstance(outcomes[0], Returned):
            outcomes += [
                _attempt(number, lambda step=step: _take(step, module, kept))
                for number, step in enumerate(job.steps)
            ]
        return Reply(outcomes, Ending(EndKind.EXITED, 0, 0.1, 0.1, 0))

    def open_evaluator(self, limits: Limits) -> Evaluator:
        """Refuse to run networks: that needs TensorFlow."""
        raise NotImplementedError


class ReplayingRunner:
    """Answers jobs with the replies that another runner gave to equal ones; knows no others.

    Args:
        replies: digest of a job → reply.
    """

    def __init__(self, replies: dict[str, Reply]) -> None:
        self._replies = replies

    def run(self, job: Job) -> Reply:
        """Return the kept reply. Raises `KeyError` for a job that was never run."""
        return self._replies[job.digest]


def record(runner: InProcessRunner) -> dict[str, Reply]:
    """Return the replies to all jobs of a runner, for a `ReplayingRunner`."""
    return {job.digest: runner.run(job) for job in list(runner.jobs)}


def _attempt(step: int, action: Any) -> Outcome:
    """Return what becomes of a step."""
    try:
        value = action()
        encode(value)
    except _Missing as error:
        return Missing(step, error.args)
    except UnsendableError as error:
        return Refused(step, error.refusal)
    except Exception as error:  # noqa: BLE001 - whatever the code under test raises
        missing = isinstance(error, NotImplementedError)
        return Raised(step, type(error).__name__, str(error), not_implemented=missing)
    return Returned(step, value)


class _Missing(Exception):  # noqa: N818 - a finding
    """The module has no such function; its names are the arguments."""


def _import(request: protocol.Request, module: types.ModuleType) -> None:
    """Run the module's text."""
    assert isinstance(request, Setup)
    exec(compile(request.files[f"{request.module}.py"], f"{request.module}.py", "exec"), vars(module))


def _take(step: Step, module: types.ModuleType, kept: dict[str, Any]) -> Any:
    """Take one step."""
    match step:
        case Call(name, args, kwargs, store):
            function = getattr(module, name, None)
            if not callable(function):
                raise _Missing(*(key for key, value in vars(module).items() if callable(value)))
            value = function(
                *(kept[item.name] if isinstance(item, Ref) else item for item in args),
                **{key: kept[item.name] if isinstance(item, Ref) else item for key, item in kwargs.items()},
            )
            if store is None:
                return value
            kept[store] = value
        case Item(name, index, count, store):
            if len(kept[name]) != count:
                raise UnsendableError(Reason.VALUE_COUNT, len(kept[name]), count)
            kept[store] = kept[name][index]
        case _:
            raise AssertionError(step)
    return None
