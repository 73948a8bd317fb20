"""Cutting a stub from its reference."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from autograder.authoring.stubs import StubError, cut_stub, solution_lines

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
REFERENCE = '''\
"""Numbers."""

LIMIT = 3


def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    y = x + x

    return y
    ### END SOLUTION


def clip(x):
    if x > LIMIT:
        ### BEGIN SOLUTION
        return LIMIT
        ### END SOLUTION
    return x
'''


def message(source: str) -> str:
    with pytest.raises(StubError) as caught:
        cut_stub(source, "numbers.py")
    return str(caught.value)


def in_function(*lines: str) -> str:
    return "def f(x):\n" + "".join(f"    {line}\n" for line in lines)


def test_each_region_becomes_one_raise() -> None:
    """The statement has the indentation of the region."""
    assert cut_stub(REFERENCE, "numbers.py") == snapshot('''\
"""Numbers."""

LIMIT = 3


def double(x):
    """Return twice x."""
    raise NotImplementedError


def clip(x):
    if x > LIMIT:
        raise NotImplementedError
    return x
''')


def test_a_stub_can_be_imported() -> None:
    """Only a call of a missing function raises an exception."""
    module: dict[str, Any] = {}
    exec(cut_stub(REFERENCE, "numbers.py"), module)
    assert module["clip"](1) == 1
    with pytest.raises(NotImplementedError):
        module["double"](1)


def test_windows_line_ends_stay() -> None:
    stub = cut_stub(REFERENCE.replace("\n", "\r\n"), "numbers.py")
    assert stub == cut_stub(REFERENCE, "numbers.py").replace("\n", "\r\n")


def test_unusual_line_ends_are_kept() -> None:
    """Form feeds stay, and the last line still has no line end."""
    source = in_function("### BEGIN SOLUTION", "return x", "### END SOLUTION") + "\x0c\nx = '\u2028'"
    assert cut_stub(source, "numbers.py") == in_function("raise NotImplementedError") + "\x0c\nx = '\u2028'"


@given(st.lists(st.sampled_from(["x = 1", "# note", "", "s = 'é\\t'", "if x: pass"]), max_size=6))
def test_text_outside_the_regions_is_unchanged(outside: list[str]) -> None:
    region = ["### BEGIN SOLUTION", "return 7", "### END SOLUTION"]
    source = in_function(*outside, *region, *outside)
    assert cut_stub(source, "f.py") == in_function(*outside, "raise NotImplementedError", *outside)


def test_a_region_may_hold_any_statements() -> None:
    """It may contain helpers, imports and a string whose lines are not indented."""
    stub = cut_stub(
        in_function(
            "### BEGIN SOLUTION",
            "import math",
            'text = """',
        )
        + 'at the margin"""\n'
        + "    def helper():\n        return text\n    return helper\n    ### END SOLUTION\n",
        "numbers.py",
    )
    assert stub == in_function("raise NotImplementedError")


def test_a_region_may_be_in_a_nested_function() -> None:
    source = "class A:\n    async def f(self):\n        def g():\n" + "".join(
        f"            {line}\n" for line in ("### BEGIN SOLUTION", "return 1", "### END SOLUTION")
    )
    stub = ast.unparse(ast.parse(cut_stub(source, "a.py")))
    assert stub.endswith("def g():\n            raise NotImplementedError")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["return x"], "line 1: no solution region"),
        ([BEGIN, "return x"], "line 2: a region without an end"),
        (["return x", END], "line 3: ### END SOLUTION without a beginning"),
        ([BEGIN, BEGIN, "return x", END], "line 3: a region inside that of line 2"),
        ([BEGIN, "", "# later", END, "return x"], "line 2: an empty region"),
        ([BEGIN, "return x", f"  {END}"], "line 4: ### END SOLUTION is indented differently"),
        (["return g(", BEGIN, "x", END, ")"], "line 3: an empty region"),
        ([BEGIN, "return (", END, "x)"], "line 3: the region of line 2 extends beyond the block"),
        ([BEGIN, "return x +", END], "line 3: The reference is not valid Python: invalid syntax"),
        ([f"return x  {BEGIN}", END], "line 2: a malformed marker: 'return x  ### BEGIN SOLUTION'"),
        (["# begin solution", "return x"], "line 2: a malformed marker: '# begin solution'"),
    ],
)
def test_a_reference_with_bad_markers_is_refused(lines: list[str], problem: str) -> None:
    """The message names the line and the problem."""
    assert f"numbers.py, {problem}" in message(in_function(*lines))


def test_a_region_at_module_level_is_refused() -> None:
    source = "### BEGIN SOLUTION\nLIMIT = 3\n### END SOLUTION\n"
    assert message(source) == snapshot("""\
numbers.py, line 1: a region outside a function, so the stub could not even be imported. \
Move it into a function's body.\
""")


def test_a_region_in_a_class_body_is_refused() -> None:
    assert "outside a function" in message(
        "class A:\n    ### BEGIN SOLUTION\n    x = 3\n    ### END SOLUTION\n"
    )


def test_a_region_inside_a_string_is_refused() -> None:
    assert "an empty region" in message(
        'def f(x):\n    """\n    ### BEGIN SOLUTION\n    x\n    ### END SOLUTION\n    """\n'
    )


def test_a_region_across_two_functions_is_refused() -> None:
    source = in_function("### BEGIN SOLUTION", "return 1") + in_function(
        "y = x", "### END SOLUTION", "return y"
    )
    assert "line 4: the region of line 2 extends beyond the block in which it begins" in message(source)


def test_a_stub_that_python_refuses_is_refused() -> None:
    source = (
        "def f():\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n"
        "    def g():\n        nonlocal x\n        x = 2\n    return g\n"
    )
    assert "The stub cut from it is not valid Python: no binding for nonlocal 'x'" in message(source)


def test_old_line_ends_are_refused() -> None:
    assert "carriage returns" in message(
        in_function("### BEGIN SOLUTION", "x = 1\ry = 2", "### END SOLUTION")
    )


def test_solution_lines_come_with_their_numbers() -> None:
    assert solution_lines(REFERENCE) == [
        (9, "    y = x + x"),
        (10, ""),
        (11, "    return y"),
        (18, "        return LIMIT"),
    ]
