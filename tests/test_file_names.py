"""The names of the files about a student: nobody else's, on any file system."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograder._files import file_name


@pytest.mark.parametrize(
    "name", ["ada", "s1234567", "00123456", "jan.berg-2_b", "m\u00fcller", "\u5f20\u4f1f", "x" * 60]
)
def test_an_ordinary_name_in_small_letters_stays(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "a b",
        "a/b",
        "..",
        ".",
        "_grader",
        "ada.",
        "ada ",
        "con",
        "nul.tar",
        "com1",
        "lpt\u00b9",
        "stra\u00dfe",
        "\u0131",
    ],
)
def test_any_other_name_gets_a_digest(name: str) -> None:
    made = file_name(name)
    assert made != name
    assert made[-17] == "-"
    assert set(made[-16:]) <= set(string.hexdigits.lower())


@pytest.mark.parametrize(
    "names",
    [
        ("Ada", "ada", "ADA", "aDa"),
        ("ada", "ada.", "ada ", "ada_"),
        ("i", "\u0131", "I", "\u0130"),
        ("strasse", "stra\u00dfe", "STRASSE"),
        ("ada", "\uff41\uff44\uff41", "ada<U+200B>", "ada<U+200E>"),
        ("x" * 60, "x" * 61, "x" * 62),
    ],
)
def test_files_differ_where_case_is_ignored(names: tuple[str, ...]) -> None:
    """On Windows names are compared in capitals, and dots and spaces at the end are left out."""
    for same in (str.casefold, str.upper, lambda name: name.rstrip(". ")):
        assert len({same(file_name(name)) for name in names}) == len(names)


def test_nobody_can_have_the_file_of_a_digest() -> None:
    taken = file_name("a b")
    assert file_name(taken) != taken


@pytest.mark.parametrize("name", ["con", "CON", "aux.b", "COM1", "Lpt9.x.y"])
def test_no_file_is_a_device_of_windows(name: str) -> None:
    assert file_name(name).partition(".")[0].lower() not in {"con", "aux", "com1", "lpt9"}


@given(st.text(min_size=1) | st.text("\U00020000\u4e00aA", min_size=50, max_size=90))
@example("\U00020000" * 60)
def test_every_name_fits_every_file_system(name: str) -> None:
    made = file_name(name)
    assert len(f".{made}.html.4194304.tmp".encode()) <= 255
    assert all(char.isalnum() or char in "-_." for char in made)
    assert made not in {".", ".."}
