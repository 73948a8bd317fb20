"""Overlays: files whose definitions are merged into the reference."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from autograder.authoring.overlay import full_text
from autograder.homework import HomeworkError

REFERENCE = '''\
"""Numbers."""

import math

# How far.
REACH = 2
LOW, HIGH = 0, 9


def helper(x):
    return x + REACH


# ---- tasks


def near(x):
    """Return what is near."""
    ### BEGIN SOLUTION
    return helper(x)  # a comment that stays
    ### END SOLUTION


@helper
def far(x):
    ### BEGIN SOLUTION
    return math.sqrt(x)
    ### END SOLUTION
'''


def laid_over(text: str) -> str:
    return full_text(text, REFERENCE, "odd.py")


def test_only_the_given_definition_is_replaced() -> None:
    assert laid_over('"""Wrong."""\n\n\ndef near(x):\n    return -x\n') == snapshot('''\
"""Wrong."""

import math

# How far.
REACH = 2
LOW, HIGH = 0, 9


def helper(x):
    return x + REACH


# ---- tasks


def near(x):
    return -x


@helper
def far(x):
    ### BEGIN SOLUTION
    return math.sqrt(x)
    ### END SOLUTION
''')


def test_comments_and_decorators_are_replaced_too() -> None:
    text = laid_over("# Too far.\nREACH = 3\n\n\n@staticmethod\ndef far(x):\n    return x\n")
    assert "# Too far.\nREACH = 3\nLOW, HIGH" in text
    assert "# How far." not in text
    assert text.startswith('"""Numbers."""')
    assert text.endswith("    ### END SOLUTION\n\n\n@staticmethod\ndef far(x):\n    return x\n")
    assert "@helper" not in text


def test_added_definitions_keep_their_neighbour() -> None:
    near = "def near(x):\n    return more(x)\n\n\ndef more(x):\n    return WIDE\n"
    text = laid_over(f"import os\nimport math\n\nWIDE = os.sep\n\n\n{near}")
    assert text[text.index("import") : text.index("# How")] == "import math\nimport os\n\n"
    assert text[text.index("# ----") : text.index("@helper")] == snapshot("""\
# ---- tasks


WIDE = os.sep


def near(x):
    return more(x)


def more(x):
    return WIDE


""")


def test_a_new_constant_replaces_the_old_one() -> None:
    """The file uses the new value, and a new import is there, too."""
    names: dict[str, int] = {}
    exec(laid_over("from math import pi, sqrt\nLOW, HIGH = 1, 2\n").replace("@helper\n", ""), names)
    assert (names["LOW"], names["HIGH"], names["REACH"]) == (1, 2, 2)
    assert names["pi"] > 3


def test_a_file_without_imports_can_get_some() -> None:
    reference = "def near(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\n\nA = 1\n"
    names: dict[str, object] = {}
    text = full_text('"""Wrong."""\n\nimport math\n\nA = math.pi\n', reference, "odd.py")
    exec(text, names)
    assert text.startswith('"""Wrong."""\n\nimport math\n')
    assert names["A"] == pytest.approx(3.14, abs=0.01)


WHOLE = "def far(x):\n    return x\n\n\ndef near(x):\n    return x\n"


def test_a_file_with_all_functions_is_whole() -> None:
    assert laid_over(WHOLE) == WHOLE
    assert laid_over(f"for _ in range(3):\n    print()\n{WHOLE}").startswith("for _")


def test_a_file_can_say_that_it_is_whole() -> None:
    text = '"""Wrong: no `far`.\n\nWhole file.\n\nFails: far\n"""\n\n\ndef near(x):\n    return x\n'
    assert laid_over(text) == text
    assert laid_over(text.replace("Whole file.\n\n", "")) != text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"""Wrong."""\n', "expected a definition of one of HIGH, LOW, REACH, far, helper, near"),
        ("def closer(x):\n    return x\n", "expected a definition of one of"),
        ("REACH = 3\n\n\ndef nearr(x):\n    return x\n", "defines nearr, which nothing uses. Is near meant?"),
        ('"""Wrong. Whole file."""\nREACH = 3\n', "expected 'Whole file.' on a line of its own"),
        ("import cmath as math\nREACH = 3\n", "math is imported in another way in the reference"),
        ("REACH: int\nLOW, HIGH = 1, 2\n", "line 1: expected functions"),
        ("def near(x:\n", r"odd\.py: .* in line 1"),
        (
            "if True:\n    def near(x):\n        return x\n",
            "line 1: expected functions.*Received: 'if True:'",
        ),
        ("near.cache = 1\n", "line 1: expected functions"),
        ("from math import *\nREACH = 3\n", "line 1: expected functions"),
        ("LOW = 3\n", "line 1: expected one statement for HIGH, LOW"),
        ("REACH, LOW, HIGH = 3, 1, 2\n", "expected one statement for HIGH, LOW, REACH"),
        ("math = 3\n", "math is imported in one file and defined in the other"),
        ("REACH = 3\nREACH = 4\n", "defines REACH more than once.*Whole file"),
        ("REACH = 3; x = 4\n", "line 1: expected one statement a line"),
        ("from __future__ import annotations\nREACH = 3\n", "merged into the reference: from __future__"),
    ],
)
def test_what_is_unclear_is_refused(text: str, words: str) -> None:
    with pytest.raises(HomeworkError, match=words):
        laid_over(text)


@pytest.mark.parametrize(
    "twice",
    [
        "if True:\n    def far(x):\n        return x\n",
        "for far in ():\n    pass\n",
        "far += 1\n",
    ],
)
def test_what_the_reference_sets_twice_is_refused(twice: str) -> None:
    """The second statement would undo the overlay."""
    with pytest.raises(HomeworkError, match="far is also set in line 31 of the reference"):
        full_text("def far(x):\n    return 0\n", f"{REFERENCE}\n\n{twice}", "odd.py")
