"""The documentation says what is so: its figures are those of the code, and its links lead somewhere."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from autograder.homework import HomeworkLimits
from autograder.sandbox.limits import Limits
from autograder.submission import _gzip, _messages, _tar, _zip

ROOT = Path(__file__).parents[1]
PAGES = sorted(page for where in ("*.md", "docs/*.md", "assignments/*/*.md") for page in ROOT.glob(where))
FOLDERS = "autograder|assignments|benchmarks|docs|solutions|tests|tools"


@pytest.mark.parametrize(
    ("row", "figure"),
    [
        ("a declared file", _messages.MAX_FILE),
        ("an archive", _messages.MAX_ARCHIVE),
        ("what a `.tar.gz` unpacks to, all members", _gzip._MAX_UNPACKED),
        ("entries of a folder or an archive", _messages.MAX_ENTRIES),
        ("headers in a `.tar.gz`, those of long names included", _tar._MAX_HEADERS),
        ("names and other extended headers of a `.tar.gz`, together", _tar._MAX_EXTENDED),
        ("parts of a gzip file (some programs make several)", _gzip._MAX_PARTS),
        ("extra fields of a zip's entries, together", _zip._MAX_EXTRA),
        ("folders around a declared file in an archive", _messages.DEEPEST - 1),
    ],
)
def test_the_page_on_submissions_gives_the_limits(row: str, figure: int) -> None:
    text = (ROOT / "docs/submissions.md").read_text(encoding="utf-8")
    [stated] = re.findall(rf"^\| {re.escape(row)} \| ([\d,]+)", text, re.MULTILINE)
    assert int(stated.replace(",", "")) == figure


@pytest.mark.parametrize("name", [entry.name for entry in fields(HomeworkLimits)])
def test_authors_are_told_the_default_limits(name: str) -> None:
    text = (ROOT / "docs/authors.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {getattr(HomeworkLimits(), name)} |" in text


def test_authors_are_told_the_wall_clock_limit() -> None:
    text = (ROOT / "docs/authors.md").read_text(encoding="utf-8")
    assert "when it has done nothing for 10 seconds at a stretch" in " ".join(text.split())
    assert Limits().idle_seconds == 10


def slugs(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    for path, _, anchor in (link.partition("#") for link in links if "://" not in link):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in slugs(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(rf"`((?:{FOLDERS})/[\w/.-]+)`", page.read_text(encoding="utf-8"))
    assert not [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
