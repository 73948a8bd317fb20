"""The worker: imports a student's module and calls its functions one by one.

Runs confined. Whatever it writes is a claim; the grader believes none of it unchecked. It may hold no
expected value, no label of a hidden split, and no test.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import re
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from unittest import mock

from autograder.sandbox import wire
from autograder.sandbox.runtime import prepare_tensorflow

IMPORT_STEP: Final = -1
_MAX_TEXT: Final = 500
_MAX_TRACE: Final = 50_000
# Of TensorFlow's own tracebacks: the calls and their lines of code, their title, and the graph's inner names.
_CALLS: Final = re.compile(
    r'^ *File "[^"\n]*", line \d+.*\n+(?: {8}.*\n)*'
    r"|^Detected at node .*\n|^\d+ root error\(s\) found\.\n|\n\t \[\[\{\{node .*",
    re.MULTILINE,
)
_OURS: Final = ("autograder", "autograder.sandbox")


def main(source: int, result: int) -> None:
    """Read a job, import the module, take the steps, write a message after each.

    The job: ``files`` (name → text), ``module``, ``seed``, and ``steps``, each a dictionary with
    ``call`` (function name), ``args``, ``kwargs`` and optionally ``store``; or ``export`` (name of a
    stored model); or ``set_weights`` (the same) and ``weights``; or ``make`` (a Keras object as Keras itself
    describes it) with ``weights`` (or None) and ``store``; or ``item`` (name of a stored tuple) with
    ``index``, ``of`` (how many it has to hold) and ``store``; or ``reseed`` (a seed).
    """
    job = wire.decode(os.pread(source, os.fstat(source).st_size, 0))
    os.close(source)
    send = _Sender(result)
    prepare_tensorflow(job["seed"])
    module = _attempt(send, IMPORT_STEP, lambda: _import(job["files"], job["module"]), reply=False)
    if module is None:
        return
    stored: dict[str, Any] = {}
    for index, step in enumerate(job["steps"]):
        _attempt(send, index, lambda step=step: _take(step, module, stored))  # type: ignore[misc]
    sys.stdout.flush()
    sys.stderr.flush()


class _MissingFunction(Exception):  # noqa: N818 - a finding about the module, not an error here
    """The module lacks a function; ``defined`` are those it has."""

    def __init__(self, module: types.ModuleType) -> None:
        own = (name for name, value in vars(module).items() if isinstance(value, types.FunctionType))
        self.defined = [name for name in own if not name.startswith("_")]


class _Sender:
    """Writes messages to the result pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, step: int, outcome: str, **fields: object) -> None:
        message = memoryview(wire.encode({"step": step, "outcome": outcome} | fields))
        while message:
            message = message[os.write(self._descriptor, message) :]


def _attempt(send: _Sender, step: int, action: Callable[[], Any], *, reply: bool = True) -> Any:
    """Do one step and report how it went; return what it returned, None after a failure."""
    try:
        value = action()
        send(step, "returned", value=_plain(value) if reply else None)
    except wire.WireError as error:
        send(step, "refused", message=str(error))
    except _MissingFunction as error:
        send(step, "missing", defined=error.defined)
    except BaseException as error:  # noqa: BLE001 - student code may raise anything, SystemExit too
        _print(error)
        send(step, "raised", **_describe(error))
    else:
        return value
    return None


def _import(files: dict[str, str], name: str) -> types.ModuleType:
    """Import a module from the submitted files, which can import each other and nothing of ours."""
    for package in _OURS:  # nothing more of it is to be found, wherever it lies
        sys.modules[package].__path__ = []
    for file, text in files.items():
        Path(file).write_text(text, encoding="utf-8")
    sys.meta_path.insert(0, _SubmittedFiles(files))
    return importlib.import_module(name)


class _SubmittedFiles(importlib.abc.MetaPathFinder):
    """Finds the declared files by name; the working folder itself is on no path."""

    def __init__(self, files: dict[str, str]) -> None:
        self._names = {file.removesuffix(".py") for file in files}

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        del path, target
        if name not in self._names:
            return None
        return importlib.util.spec_from_file_location(name, Path(f"{name}.py").resolve())


def _take(step: dict[str, Any], module: types.ModuleType, stored: dict[str, Any]) -> Any:
    """Take one step and return what it gives."""
    if "call" in step:
        return _call(step, module, stored)
    if "export" in step:
        return _export(stored[step["export"]])
    if "set_weights" in step:
        return _model(stored[step["set_weights"]]).set_weights(step["weights"])
    if "reseed" in step:
        return _reseed(step["reseed"])
    if "item" in step:
        stored[step["store"]] = _item(stored[step["item"]], step["index"], step["of"])
    else:
        stored[step["store"]] = _make(step["make"], step["weights"])
    return None


def _call(step: dict[str, Any], module: types.ModuleType, stored: dict[str, Any]) -> Any:
    """Call a function of the module; return its result, or None where that is stored."""
    function = getattr(module, step["call"], None)
    if not callable(function):
        raise _MissingFunction(module)
    value = function(*_resolve(step["args"], stored), **_resolve(step["kwargs"], stored))
    if step.get("store"):
        stored[step["store"]] = value
        return None
    return value


def _resolve(value: Any, stored: dict[str, Any]) -> Any:
    """Put stored objects in place of the references to them, and let arrays be written to."""
    if isinstance(value, wire.Ref):
        return stored[value.name]
    if isinstance(value, list | tuple):
        return type(value)(_resolve(item, stored) for item in value)
    if isinstance(value, dict):
        return {key: _resolve(item, stored) for key, item in value.items()}
    return value.copy() if hasattr(value, "dtype") else value


def _make(config: dict[str, Any], weights: list[Any] | None) -> Any:
    """Return a network or optimizer that a check describes: trusted, unlike what students return."""
    import keras  # noqa: PLC0415 - imported by the zygote already; light zygotes have none

    made = keras.saving.deserialize_keras_object(config)
    if weights is not None:
        made.set_weights(weights)
    return made


def _reseed(seed: int) -> None:
    """Seed everything random in this process anew."""
    import keras  # noqa: PLC0415 - imported by the zygote already; light zygotes have none

    keras.utils.set_random_seed(seed)


def _item(value: Any, index: int, count: int) -> Any:
    """Return one of several values that a function has to return together."""
    if not isinstance(value, tuple | list):
        raise wire.WireError(f"{type(value).__name__} instead of {count} values")
    if len(value) != count:
        raise wire.WireError(f"{len(value)} instead of {count} values")
    return value[index]


def _model(value: Any) -> Any:
    """Return a value that has to be a Keras model."""
    import keras  # noqa: PLC0415 - imported by the zygote already; light zygotes have none

    if not isinstance(value, keras.Model):
        raise wire.WireError(f"{type(value).__name__} instead of a Keras model")
    return value


def _export(model: Any) -> dict[str, Any]:
    """Return a model's configuration and weights."""
    import keras  # noqa: PLC0415

    # How it was compiled is not needed to rebuild it, and a schedule of the student's own has no JSON form.
    with mock.patch.object(keras.Model, "get_compile_config", return_value={}):
        config = keras.saving.serialize_keras_object(_model(model))
    return {"config": json.dumps(config, default=lambda _: None), "weights": model.get_weights()}


def _plain(value: Any) -> Any:
    """Turn tensors, and what contains them, into arrays: any library's result is welcome."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value] if isinstance(value, list) else tuple(map(_plain, value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if not hasattr(value, "dtype") and hasattr(value, "__array__"):
        return value.__array__()
    if hasattr(value, "dtype") and hasattr(value, "numpy"):
        return value.numpy()
    return value


def _print(error: BaseException) -> None:
    """Print an exception for the log, from the student's first line on; a stub's own needs none."""
    if isinstance(error, NotImplementedError):
        return
    trace = error.__traceback__
    while trace is not None and Path(trace.tb_frame.f_code.co_filename).parent != Path.cwd():
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _text_of(error: BaseException) -> str:
    """Return an exception's text; the student's own class may have none to give."""
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # noqa: BLE001 - anything may come out of it
        return ""


def _gist(text: str) -> str:
    """Return an exception's text without the calls inside TensorFlow that stand before what went wrong."""
    shown = text[:_MAX_TRACE]
    if shown.startswith(("Graph execution error", "in user code")):
        shown = _CALLS.sub("", shown)
    return shown[:_MAX_TEXT]


def _describe(error: BaseException) -> dict[str, Any]:
    """Return what a student needs to find an exception: kind, text, and their own line."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    function = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).parent == Path.cwd():
            line, function = frame.lineno, frame.name
    return {
        "kind": type(error).__name__,
        "message": _gist(_text_of(error)),
        "line": line,
        "function": function,
        "not_implemented": isinstance(error, NotImplementedError),
        "out_of_memory": isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError",
    }
