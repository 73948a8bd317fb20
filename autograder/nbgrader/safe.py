"""Render a student's text to HTML without anything that a browser would run.

nbgrader's pages show text rendered from Markdown, which may contain any HTML. A page of the formgrader
belongs to the server that changes grades and runs code. So a script in it would have the rights of the grader
who opens the page.
"""

from __future__ import annotations

import re
from typing import Any, Final

import bleach
from jinja2 import pass_context
from nbconvert.filters import strip_files_prefix
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TAGS: Final = frozenset(
    {
        *(
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "dd",
            "del",
            "div",
            "dl",
            "dt",
            "em",
            "hr",
            "i",
            "img",
            "kbd",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup"),
        *("table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
    }
)
_OF_CODE: Final = re.compile(r"(highlight|hll|[a-z][a-z0-9]?)( [a-z][a-z0-9]?)*")
"""The classes that colour code. With others, a student's text could imitate a part of nbgrader's page."""
_PER_TAG: Final = {"a": ("href",), "img": ("alt",), "td": ("align",), "th": ("align",), "ol": ("start",)}
_PICTURES: Final = ("data:image/png;", "data:image/jpeg;")
_PROTOCOLS: Final = frozenset(
    {"http", "https", "mailto", "data"}
)  # data: for pictures; `_allowed` restricts links
_LINKS: Final = ("http://", "https://", "mailto:", "#")


class _Attached(dict[str, dict[str, str]]):
    """The pictures of a cell by name; for an unknown name, a picture without content."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> dict[str, str]:
        return {"image/png": ""}


@pass_context
def html_of_markdown(context: Any, source: str) -> str:
    """Return the HTML of a cell's text.

    It replaces nbconvert's filter ``markdown2html``. That raises an exception for a picture that is not
    attached, and then the formgrader cannot show the submission.

    Args:
        context: the context of the template, with the cell.
        source: the text in Markdown.
    """
    attached = _Attached(context.get("cell", {}).get("attachments", {}))
    made: str = MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=attached)).render(source)
    return made


def safe_html(html: str) -> str:
    """Return HTML with only its text, tables, links and embedded pictures.

    It replaces nbconvert's filter ``strip_files_prefix``, which nbgrader's pages apply to all text rendered
    from Markdown, and does the work of that filter as well.

    Args:
        html: the HTML of a cell's text.
    """
    cleaned: str = bleach.clean(
        strip_files_prefix(html), tags=_TAGS, attributes=_allowed, protocols=_PROTOCOLS, strip=True
    )
    return cleaned


def _allowed(tag: str, name: str, value: str) -> bool:
    """Return whether an element may keep an attribute. A picture from another server could track readers."""
    if tag == "img" and name == "src":
        return value.startswith(_PICTURES)
    if tag == "a" and name == "href":
        return value.startswith(_LINKS)
    if name == "class":
        return _OF_CODE.fullmatch(value) is not None
    return name == "title" or name in _PER_TAG.get(tag, ())
