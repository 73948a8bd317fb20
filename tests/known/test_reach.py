"""What a call can reach in a submission, and what changes the digest over it."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
import textwrap
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from autograder.known.reach import Source

MODULE = '''
"""Handout."""
import keras
import numpy as np

SIZE = 3


def size(n: int) -> int:
    """Return a size."""
    return n + SIZE


def conv(images, stride=1):
    # a comment
    return images * size(stride)


def pool(images: np.ndarray, count: int = 2) -> np.ndarray:
    """Pool."""
    return images[::count]


def train(network):
    return network.fit(pool(conv(1)))
'''


def digest(text: str, *functions: str, **others: str) -> str:
    files = {"one.py": text} | {f"{name}.py": other for name, other in others.items()}
    return Source(files).reach("one", functions).digest


def same(old: str, new: str, *functions: str, text: str = MODULE) -> bool:
    """Whether replacing ``old`` by ``new`` leaves the digest of these calls as it is."""
    assert old in text
    return digest(text, *functions) == digest(text.replace(old, new, 1), *functions)


def everything(text: str, *functions: str) -> bool:
    """Whether a comment changes the digest: the whole text counts."""
    return digest(text, *functions) != digest(f"{text}\n# a comment\n", *functions)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # a comment\n", ""),
        ("\n\n\ndef conv", "\n\n\n\n\ndef conv"),
        ('"""Pool."""', '"""Other words."""'),
        ('"""Return a size."""', '"""Other words."""'),
        ('"""Handout."""', '"""Other words."""'),
        ("images[::count]", "images[1::count]"),
        ("count: int = 2", "count: int = 3"),
        ("(conv(1))", "(conv(2))"),
        ("def pool", "def helper(x, y=2):\n    return x\n\n\ndef pool"),
        ("def pool", "def helper(x: np.ndarray) -> int:\n    return x\n\n\ndef pool"),
        ("def train", "if __name__ == '__main__':\n    print(train(pool))\n\n\ndef train"),
    ],
)
def test_other_functions_do_not_change_a_digest(old: str, new: str) -> None:
    assert same(old, new, "conv")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("images * size", "images + size"),
        ("n + SIZE", "n - SIZE"),
        ("SIZE = 3", "SIZE = 4"),
        ("import keras", "import keras as k"),
        ("stride=1", "stride=2"),
        ("def size(n: int)", "def size(n: float)"),
        ("images: np.ndarray", "images: np.ndaray"),
        ("count: int = 2", "count: int = size(2)"),
        ("def pool", "@keras.register\ndef pool"),
        ("def pool", "def size(n):\n    return n\n\n\ndef pool"),
        ("def pool", "class Pool(keras.Layer):\n    pass\n\n\ndef pool"),
        ("def pool", "def __getattr__(name):\n    return 1\n\n\ndef pool"),
        ("return images[::count]", "yield = 3"),
        ("return images[::count]", "break"),
    ],
)
def test_what_is_reached_counts(old: str, new: str) -> None:
    assert not same(old, new, "conv")


def test_functions_are_reached_through_others() -> None:
    assert Source({"one.py": MODULE}).reach("one", ["train"]).functions == {"train", "pool", "conv", "size"}
    assert Source({"one.py": MODULE}).reach("one", ["conv"]).functions == {"conv", "size"}


@pytest.mark.parametrize(
    "body",
    [
        "globals()['size'](1)",
        "locals()",
        "vars(x)",
        "exec(x)",
        "eval(x)",
        "compile(x, 'f', 'exec')",
        "open(x)",
        "getattr(x, x)",
        "list(map(getattr, [x], [x]))",
        "setattr(np, x, 1)",
        "x.__dict__",
        "conv.__code__",
        "conv.__doc__",
        "conv.__globals__",
        "__file__",
        "__builtins__",
        "np.sys.modules",
        "__import__(x)",
        "getattr(x, '__dict__')",
        "np.fromfile('one.py')",
        "np.fromfile('./one.py')",
        "np.info(conv)",
        "collections._sys._getframe().f_lineno",
        "[(lambda: x), (lambda: x)]",
    ],
)
def test_dynamic_code_makes_everything_count(body: str) -> None:
    text = f"{MODULE}\n\ndef odd(x):\n    return {body}\n"
    assert everything(text, "odd")
    assert not everything(text, "conv")


@pytest.mark.parametrize(
    "line",
    [
        "import sys",
        "import os.path",
        "import inspect",
        "from importlib import import_module",
        "from numpy import *",
        "from . import two",
        "import unheard_of",
        "from numpy import ndarray as __name__",
        "__name__ = '__main__'",
        "x = '\\d'",
    ],
)
def test_imports_can_make_everything_count(line: str) -> None:
    assert everything(f"{line}\n{MODULE}", "conv")


@pytest.mark.parametrize(
    "text", ["def broken(:\n", "return 1\n", "\0", "x = '\ud800'\n", "def f(a, a): pass\n"]
)
def test_a_broken_file_counts_as_a_whole(text: str) -> None:
    assert digest(text, "f") != digest(f"{text}# a comment", "f")


@pytest.mark.parametrize("default", ["{}", "[]", "lambda: 1", "2**3", "f'{1}'", "int('3')"])
def test_any_default_argument_can_be_read(default: str) -> None:
    """Also where no plain one stands before it."""
    text = f"def f(x={default}): return x\n"
    assert digest(text, "f") != digest(text.replace("return x", "return [x]"), "f")


def test_a_deep_expression_counts_as_a_whole() -> None:
    text = f"x = {'-' * 100_000}1\n"
    assert everything(text, "f")


def test_an_encoding_comment_counts() -> None:
    text = "x = 'ö'\n\ndef f(): return x\n"
    assert digest(text, "f") != digest(f"# -*- coding: latin-1 -*-\n{text}", "f")


def test_literal_names_reach_functions() -> None:
    text = f"{MODULE}\n\nTABLE = {{'a': 1}}\n\n\ndef odd(x):\n    return getattr(x, 'pool')\n"
    assert not same("images[::count]", "images", "odd", text=text)


def test_other_modules_count_when_imported() -> None:
    one = "import two\n\ndef f(): return two.g()\n\ndef h(): return 1\n"
    two = "def g(): return 1\n\ndef k(): return 1\n"
    before = digest(one, "f", two=two)
    assert before == digest(one, "f", two=two.replace("k(): return 1", "k(): return 2"))
    assert before != digest(one, "f", two=two.replace("g(): return 1", "g(): return 2"))
    assert before != digest(one, "f", two=f"X = 1\n{two}")
    alone = one.replace("import two\n", "")
    assert digest(alone, "h", two=two) == digest(alone, "h", two=f"X = 1\n{two}")


def test_an_import_inside_a_function_counts() -> None:
    one = "def f():\n    from two import g as call\n    return call()\n\ndef h(): return 1\n"
    two = "def g(): return 1\n"
    assert digest(one, "f", two=two) != digest(one, "f", two="def g(): return 2\n")
    assert digest(one, "h", two=two) == digest(one, "h", two="def g(): return 2\n")


def test_a_file_with_a_librarys_name_is_doubtful() -> None:
    one = "def f(): return 1\n"
    assert digest(one, "f", random="x = 1\n") != digest(one, "f", random="x = 1  # comment\n")


def test_modules_are_no_two_names_for_one_digest() -> None:
    """Where everything counts, names and texts cannot be confused."""
    assert Source({"a.py": "(b", "b.py": "("}).reach("a", []) != Source({"a.py": "(", "b.py": "(b"}).reach(
        "a", []
    )


# An oracle: modules of a few functions, and edits of them. If a call's result changes, the digest has to.

NAMES = ("f0", "f1", "f2", "f3")
BODIES = (
    "return {number}",
    "return {other}() + {number}",
    "g = {other}\n    return g() * {number}",
    "return (lambda: {other}())()",
    "return [{other}][0]() + {number}",
    "global COUNT\n    COUNT += {number}\n    return COUNT",
    "return COUNT + {number}",
    "import two\n    return two.{other}()",
    "from two import {other} as g\n    return g() + {number}",
    "return getattr(sys_of(), '{other}')()",
    "return globals()['{other}']()",
    "return eval('{other}' + '()')",
    "return TABLE['{other}']()",
    "return Thing().{other}()",
    "return {other}.__code__.co_firstlineno",
    "def {other}():\n        return {number}\n    return {other}()",
    "{other} = {number}\n    return {other}",
    "raise ValueError({number})",
)
SIGNATURES = ("", "x={number}", "x={other}", "*x: {other}", "x: int = {number}", "x=LATE")
TOPS = (
    "COUNT = {number}",
    "TABLE = {{name: value for name, value in globals().items()}}",
    "class Thing:\n    def {other}(self):\n        return {number}",
    "try:\n    {other}\nexcept NameError:\n    def {other}():\n        return {number}",
    "if {number} > 2:\n    def {other}():\n        return {number}",
    "{other} = lambda: {number}",
    "VALUE = {other}()",
    "LATE = {number}",
    "import two",
    "from two import {other}",
    "if __name__ == '__main__':\n    COUNT = {number}",
    "def sys_of():\n    import sys\n    return sys.modules[__name__]",
    "def int(x={number}):\n    return {number}",
    "del {other}",
    "# {number}",
)

numbers = st.integers(0, 5)


def filled(templates: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda text, number, other: text.format(number=number, other=other),
        st.sampled_from(templates),
        numbers,
        st.sampled_from(NAMES),
    )


definitions = st.builds(
    lambda decorated, name, signature, body: f"{decorated}def {name}({signature}):\n    {body}",
    st.sampled_from(["", "", "", "@(lambda f: f)\n", "@(lambda f: lambda: 7)\n"]),
    st.sampled_from(NAMES),
    filled(SIGNATURES),
    filled(BODIES),
)
statements = st.one_of(definitions, definitions, filled(TOPS))
kinds = st.sampled_from(["replace", "insert", "remove", "swap"])
modules = st.lists(statements, min_size=2, max_size=7)


def outcomes(files: dict[str, str], calls: list[str]) -> list[Any]:
    """Return what an import and calls give; of an exception, its kind and text."""
    found: list[Any] = []
    finder = InMemory(files)
    sys.meta_path.insert(0, finder)
    sys.setprofile(Depth())
    try:
        module = importlib.import_module("one")
        for name in calls:
            value = getattr(module, name)()
            found.append(value if isinstance(value, int | float) else type(value).__name__)
    except Exception as error:  # noqa: BLE001 - whatever such a module raises
        text = str(error) if not isinstance(error, SyntaxError) else ""
        found.append(f"{type(error).__name__}: {text}")
    finally:
        sys.setprofile(None)
        sys.meta_path.remove(finder)
        for name in files:
            sys.modules.pop(name.removesuffix(".py"), None)
    return found


class Depth:
    """Ends an endless recursion: Python 3.13.0 does not in functions with defaults, and takes all memory."""

    def __init__(self) -> None:
        self.depth = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        self.depth += {"call": 1, "return": -1}.get(event, 0)
        if self.depth > 200:
            raise RecursionError


class InMemory(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports files of the test."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if f"{name}.py" in self.files else None

    def get_source(self, name: str) -> str:
        return self.files[f"{name}.py"]


@given(
    one=modules,
    two=modules,
    edits=st.lists(
        st.tuples(
            st.booleans(), st.sampled_from(["replace", "insert", "remove", "swap"]), numbers, statements
        ),
        min_size=1,
        max_size=2,
    ),
    calls=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
)
@settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_another_result_has_another_digest(
    one: list[str],
    two: list[str],
    edits: list[tuple[bool, str, int, str]],
    calls: list[str],
) -> None:
    before = {"one": one, "two": two}
    after = {"one": list(one), "two": list(two)}
    for in_one, kind, number, statement in edits:
        lines = after["one" if in_one else "two"]
        place = number % (len(lines) or 1)
        if kind == "insert" or not lines:
            lines.insert(place, statement)
        elif kind == "replace":
            lines[place] = statement
        elif kind == "swap":
            lines[place], lines[-1] = lines[-1], lines[place]
        else:
            del lines[place]
    texts = [
        {f"{name}.py": "\n\n\n".join(parts) + "\n" for name, parts in files.items()}
        for files in (before, after)
    ]
    results = [outcomes(files, calls) for files in texts]
    assume(results[0] != results[1])
    assert len({Source(files).reach("one", calls).digest for files in texts}) == 2


def test_the_reference_is_never_doubtful(homework: Any) -> None:
    """In the functions of a typical solution, the one next door does not count."""
    files = {name: (homework.solution / name).read_text() for name in homework.files}
    source = Source(files)
    assert "train_classifier" not in source.reach("cnn", ["conv2d"]).functions
    edited = files | {"cnn.py": textwrap.dedent(files["cnn.py"]) + "\n\ndef more():\n    return 1\n"}
    for function in ("conv2d", "build_classifier", "train_classifier"):
        assert source.reach("cnn", [function]) == Source(edited).reach("cnn", [function])
