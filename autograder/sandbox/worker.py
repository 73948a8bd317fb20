"""The worker: imports a student's module and calls its functions one by one.

It runs confined. Student code can forge everything that the worker writes, so the grader checks all of it.
The worker may hold no expected value, no hidden label and no test.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import itertools
import json
import re
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from unittest import mock

from autograder.sandbox import pipes, protocol, wire
from autograder.sandbox.protocol import Missing, Raised, Refused, Returned
from autograder.sandbox.refusals import Reason
from autograder.sandbox.runtime import prepare_tensorflow
from autograder.sandbox.wire import UnsendableError

_MAX_TEXT: Final = 500
_MAX_TRACE: Final = 50_000
# Parts of TensorFlow's own tracebacks: calls with their lines of code, titles, internal names of the graph.
_TENSORFLOW_CALLS: Final = re.compile(
    r'^ *File "[^"\n]*", line \d+.*\n+(?: {8}.*\n)*'
    r"|^Detected at node .*\n|^\d+ root error\(s\) found\.\n|\n\t \[\[\{\{node .*",
    re.MULTILINE,
)
_OUR_PACKAGES: Final = ("autograder", "autograder.sandbox")


def main(source: int, result: int) -> None:
    """Import the module of a `protocol.Setup`, then run one step after another; answer each with an outcome.

    The grader sends a step only after the answer to the step before, so student code never sees later steps.

    Args:
        source: descriptor of the pipe with the request and the steps.
        result: descriptor of the pipe for the outcomes.
    """
    setup = protocol.request_from(pipes.receive(source))
    prepare_tensorflow(setup.seed)
    module = _run_and_report(result, protocol.IMPORT, lambda: _import(setup.files, setup.module), reply=False)
    if module is None:
        return
    stored: dict[str, Any] = {}
    for index in itertools.count():
        if (message := pipes.receive(source)) is None:
            break
        step = protocol.request_from(message)
        _run_and_report(result, index, lambda step=step: _run_step(step, module, stored))  # type: ignore[misc]
    sys.stdout.flush()
    sys.stderr.flush()


class _MissingFunction(Exception):  # noqa: N818 - a finding about the module, not an error here
    """The module has no such function; ``defined`` are the names of its public functions."""

    def __init__(self, module: types.ModuleType) -> None:
        own = (name for name, value in vars(module).items() if isinstance(value, types.FunctionType))
        self.defined = tuple(name for name in own if not name.startswith("_"))


def _run_and_report(result: int, step: int, action: Callable[[], Any], *, reply: bool = True) -> Any:
    """Run one action and send its outcome; return the action's result, or None after a failure.

    Args:
        result: descriptor of the pipe for the outcomes.
        step: number of the step.
        action: what to run.
        reply: send the action's result with the outcome.
    """

    def send(outcome: protocol.Outcome) -> None:
        pipes.send(result, protocol.outcome_message(outcome))

    try:
        value = action()
        send(Returned(step, _plain(value) if reply else None))
    except UnsendableError as error:
        send(Refused(step, error.refusal))
    except _MissingFunction as error:
        send(Missing(step, error.defined))
    except BaseException as error:  # noqa: BLE001 - student code may raise anything, SystemExit too
        _log_exception(error)
        send(_describe(step, error))
    else:
        return value
    return None


def _import(files: Mapping[str, str], name: str) -> types.ModuleType:
    """Import a module from the submitted files, which can import each other and no module of this package."""
    for package in _OUR_PACKAGES:  # without a path no further module of it can be imported
        sys.modules[package].__path__ = []
    for file, text in files.items():
        Path(file).write_text(text, encoding="utf-8")
    sys.meta_path.insert(0, _SubmittedFiles(files))
    return importlib.import_module(name)


class _SubmittedFiles(importlib.abc.MetaPathFinder):
    """Finds the submitted files by name; the working folder is not on Python's path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._names = {file.removesuffix(".py") for file in files}

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        del path, target
        if name not in self._names:
            return None
        return importlib.util.spec_from_file_location(name, Path(f"{name}.py").resolve())


def _run_step(step: protocol.Step, module: types.ModuleType, stored: dict[str, Any]) -> Any:
    """Run one step and return its result."""
    match step:
        case protocol.Call():
            return _call(step, module, stored)
        case protocol.Export():
            return _export(stored[step.network])
        case protocol.SetWeights():
            return _model(stored[step.network]).set_weights(step.weights)
        case protocol.Reseed():
            return _reseed(step.seed)
        case protocol.Item():
            stored[step.store] = _item(stored[step.kept], step.index, step.count)
        case protocol.Make():
            stored[step.store] = _make(step.described, step.weights)
    return None


def _call(step: protocol.Call, module: types.ModuleType, stored: dict[str, Any]) -> Any:
    """Call a function of the module; return its result, or None if the result is stored."""
    function = getattr(module, step.function, None)
    if not callable(function):
        raise _MissingFunction(module)
    value = function(*_resolve(step.args, stored), **_resolve(step.kwargs, stored))
    if step.store is not None:
        stored[step.store] = value
        return None
    return value


def _resolve(value: Any, stored: dict[str, Any]) -> Any:
    """Replace references by the stored objects, and arrays by writable copies."""
    if isinstance(value, wire.Ref):
        return stored[value.name]
    if isinstance(value, list | tuple):
        return type(value)(_resolve(item, stored) for item in value)
    if isinstance(value, dict):
        return {key: _resolve(item, stored) for key, item in value.items()}
    return value.copy() if hasattr(value, "dtype") else value


def _make(described: Mapping[str, Any], weights: list[Any] | None) -> Any:
    """Return the network or optimizer that a check describes; the description is trusted."""
    import keras  # noqa: PLC0415 - imported by the zygote already; light zygotes have none

    made = keras.saving.deserialize_keras_object(described)
    if weights is not None:
        made.set_weights(weights)
    return made


def _reseed(seed: int) -> None:
    """Seed all random generators in this process again."""
    import keras  # noqa: PLC0415 - imported by the zygote already; light zygotes have none

    keras.utils.set_random_seed(seed)


def _item(value: Any, index: int, count: int) -> Any:
    """Return one element of a tuple or list that has to have ``count`` elements."""
    if not isinstance(value, tuple | list):
        raise UnsendableError(Reason.NOT_SEVERAL, wire.type_name(value), count)
    if len(value) != count:
        raise UnsendableError(Reason.VALUE_COUNT, len(value), count)
    return value[index]


def _model(value: Any) -> Any:
    """Return a value that has to be a Keras model."""
    import keras  # noqa: PLC0415 - imported by the zygote already; light zygotes have none

    if not isinstance(value, keras.Model):
        raise UnsendableError(Reason.NOT_A_MODEL, wire.type_name(value))
    return value


def _export(model: Any) -> dict[str, Any]:
    """Return a model's configuration and weights."""
    import keras  # noqa: PLC0415

    # The compile settings are not needed to rebuild a model, and a student's own schedule has no JSON form.
    with mock.patch.object(keras.Model, "get_compile_config", return_value={}):
        config = keras.saving.serialize_keras_object(_model(model))
    return {"config": json.dumps(config, default=lambda _: None), "weights": model.get_weights()}


def _plain(value: Any) -> Any:
    """Turn tensors of any library into arrays, also inside lists, tuples and dictionaries."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value] if isinstance(value, list) else tuple(map(_plain, value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if not hasattr(value, "dtype") and hasattr(value, "__array__"):
        return value.__array__()
    if hasattr(value, "dtype") and hasattr(value, "numpy"):
        return value.numpy()
    return value


def _log_exception(error: BaseException) -> None:
    """Print an exception to the log, from the student's first line on; not the error of a stub."""
    if isinstance(error, NotImplementedError):
        return
    trace = error.__traceback__
    while trace is not None and Path(trace.tb_frame.f_code.co_filename).parent != Path.cwd():
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _text_of(error: BaseException) -> str:
    """Return an exception's text, empty if the student's exception class fails to give one."""
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # noqa: BLE001 - a student's __str__ may raise anything
        return ""


def _shorten(text: str) -> str:
    """Return an exception's text without the calls inside TensorFlow that come before the cause."""
    shown = text[:_MAX_TRACE]
    if shown.startswith(("Graph execution error", "in user code")):
        shown = _TENSORFLOW_CALLS.sub("", shown)
    return shown[:_MAX_TEXT]


def _describe(step: int, error: BaseException) -> Raised:
    """Return what a student needs to find the cause of an exception: its kind, its text and the line."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    function = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).parent == Path.cwd():
            line, function = frame.lineno, frame.name
    return Raised(
        step,
        wire.type_name(error),
        _shorten(_text_of(error)),
        line if protocol.is_line(line) else None,
        function,
        not_implemented=isinstance(error, NotImplementedError),
        out_of_memory=isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError",
    )
