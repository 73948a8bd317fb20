"""The rule for untrusted text: what prose loses, what names spell out, and which names look alike."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.untrusted import IGNORABLE, look_alikes, plain, spelled_out, student_name

SPELLED = re.compile(r"<U\+([0-9A-F]{4,6})>")

# Prose


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\after", "after"),
        ("\x9b31mred", "red"),
        ("\x1b]0;never ended", "0;never ended"),
        ("\x9d0;never ended\x9dtitle\x07after", "0;never endedafter"),
        ("\x1bcreset", "reset"),
        ("a\x00b\x08c\x7fd", "abcd"),
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("\u2066a\u2069\ufeff\u200bb", "ab"),
        ("a\u00adb\u3164c\U000e0041d\u206ae\ufffbf", "abcdef"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("\ud800", "\ufffd"),
        ("Zo\u00eb \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f600", None),
        ("\U0001f469\u200d\U0001f52c \u2764\ufe0f \u0915\u094d\u200d\u0937", None),
    ],
)
def test_prose_loses_what_acts_or_is_hidden(text: str, shown: str | None) -> None:
    assert plain(text, 100) == (text if shown is None else shown)


def test_line_breaks_and_indentation_can_stay() -> None:
    assert plain("\r\nfor x:\r\n\tpass\rend\n\n", 100, lines=True) == "for x:\n    pass\nend"


@pytest.mark.parametrize(("text", "shown"), [("abcd", "abcd"), ("abcde", "abc…"), ("ab  cde", "ab…")])
def test_long_prose_is_cut(text: str, shown: str) -> None:
    assert plain(text, 4) == shown


def test_a_megabyte_of_escapes_is_cut_at_once() -> None:
    assert plain("\x1b]" * 2**20, 10) == "…"


@given(st.text(), st.integers(1, 50), st.booleans())
def test_prose_is_short_and_shown_again_the_same(text: str, limit: int, lines: bool) -> None:
    shown = plain(text, limit, lines=lines)
    assert len(shown) <= limit
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert lines or "\n" not in shown
    assert plain(shown, limit, lines=lines) == shown


STARTS = ("\x1b]", "\x9d", "\x1b[0", "\x9b0", "\x1b ", "\u200b")


@pytest.mark.parametrize("start", STARTS)
def test_time_grows_with_the_text_alone(start: str) -> None:
    """Each text has half a million characters; quadratic time would be hours."""
    for other in STARTS:
        text = (start + other) * (2**19 // len(start + other))
        assert len(plain(text, 2**15, lines=True)) <= 2**15
    assert len(spelled_out(start * 2**16, 2**16)) <= 2**17
    assert student_name(start * 2**16)
    assert not look_alikes([start * 2**16])


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ada", None),
        ("Zo\u00eb M\u00fcller", None),
        ("O'Brien <b>&", None),
        ("\u5f20\u4f1f", None),
        ("\u5c71\u7530\u3000\u592a\u90ce", None),
        ("ada\u200b", "ada<U+200B>"),
        ("\u202egnp.exe", "<U+202E>gnp.exe"),
        ("a\x1b[2J\nb", "a<U+001B>[2J<U+000A>b"),
        ("a\u2028b\u00a0c", "a<U+2028>b<U+00A0>c"),
        ("a\ufe0fb\u3164c\u034fd\u115fe\U000e0101", "a<U+FE0F>b<U+3164>c<U+034F>d<U+115F>e<U+E0101>"),
        ("a\u2800b", "a<U+2800>b"),
        ("\udcff\ue000\uffff\U0010ffff", "<U+DCFF><U+E000><U+FFFF><U+10FFFF>"),
    ],
)
def test_names_spell_out_what_is_hidden(name: str, shown: str | None) -> None:
    assert spelled_out(name) == (name if shown is None else shown)
    assert student_name(name) == (name if shown is None else shown)


def test_all_ignorable_characters_are_hidden() -> None:
    ignorable = re.compile(f"[{IGNORABLE}]")
    hidden = [chr(code) for code in range(0x110000) if ignorable.match(chr(code))]
    assert len(hidden) == 4174  # the total in Unicode's DerivedCoreProperties.txt
    assert all(SPELLED.fullmatch(spelled_out(char)) for char in hidden)


def test_a_long_name_is_cut_as_it_was() -> None:
    assert spelled_out("x" * 100) == "x" * 60
    assert len(spelled_out("\u200b" * 100)) == 120


def test_a_name_can_be_told_in_ascii() -> None:
    assert spelled_out("Zoe\u0308", ascii_only=True) == "Zoe<U+0308>"


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("\u212b", "\u00c5"),
        (" ada", "<U+0020>ada"),
        ("ada ", "ada<U+0020>"),
        ("ada  b", "ada <U+0020>b"),
        ("ada.", "ada."),
        ("Ada", "Ada"),
        ("\uff41\uff44\uff41", "\uff41\uff44\uff41"),
        ("ada<U+200B>", "ada<U+003C>U+200B>"),
    ],
)
def test_a_student_has_one_exact_name(name: str, student: str) -> None:
    assert student_name(name) == student


ODD = st.text(st.sampled_from("ab <>U+00C2\u200b\u3000e\u0301\u00e9\u1112\u1161\u11ab\ue000")) | st.text()


@given(ODD)
def test_no_two_names_become_one(name: str) -> None:
    """Names with the same Unicode normal form are one name."""
    student = student_name(name)
    again = SPELLED.sub(lambda match: chr(int(match[1], 16)), student)
    assert again == unicodedata.normalize("NFC", name)
    assert spelled_out(student, 3_000) == student
    assert not re.search("^ |  | $", student)


# Names that look alike


@pytest.mark.parametrize(
    "names",
    [
        ("ada", "Ada", "ADA"),
        ("ada", "ada\u200b", "ada\u200e", "\u2060ada"),
        ("ada", "ada ", " ada", "ada.", "ada. "),
        ("ada b", "ada  b", "ada\u00a0b", "ada\u3000b"),
        ("ada", "\uff41\uff44\uff41", "\U0001d41a\U0001d41d\U0001d41a"),
        ("ada", "\u0430d\u0430", "\u0410d\u0430"),
        ("stra\u00dfe", "STRASSE"),
        ("\u0645\u06cc\u0645", "\u0645\u06cc\u200c\u0645"),
    ],
)
def test_names_that_look_alike_are_found(names: tuple[str, ...]) -> None:
    students = tuple(map(student_name, names))
    assert look_alikes(["bob", *students, "cleo"]) == [students]
    assert look_alikes(["bob", *names, "cleo"]) == [names]


@pytest.mark.parametrize(
    "names",
    [
        ("ada", "adam"),
        ("ada", "\u00e1da"),
        ("ada1", "ada2"),
        ("ada b", "adab"),
        ("ada", "ada<U+200B"),
        ("s1", "s01"),
        ("ada", "ada"),
    ],
)
def test_other_names_do_not_look_alike(names: tuple[str, ...]) -> None:
    assert look_alikes(map(student_name, names)) == []


def test_a_typed_spelling_looks_like_itself_only() -> None:
    assert look_alikes(map(student_name, ["ada", "ada<U+200B>"])) == []


def test_a_spelling_of_nothing_is_text() -> None:
    assert look_alikes(["ada", "ada<U+110000>", "ada<U+FFFFFF>"]) == []
