"""Verdicts as the output of a notebook's cell."""

import base64
import re

import numpy as np
from example_results import XSS, check

from autograder.pictures import image_grid
from autograder.reports.notebook_cell import cell_html, cell_text
from autograder.reports.shown import shown_pictures
from autograder.result import Artifact

PNG = image_grid(np.ones((1, 4, 6)), 1)


def test_verdicts_have_all_their_parts() -> None:
    """These are score, title, message and hint, as HTML and as text."""
    checks = [check("a"), check("b", "failed", message="Expected 1.", hint="Look again.")]
    page = cell_html(checks)
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert words == ("✓ passed 5 of 5 a works ✗ failed 0 of 5 b works Expected 1. Hint: Look again.")
    assert cell_text(checks) == (
        "passed (5/5): a works\nfailed (0/5): b works\n  Expected 1.\n  Hint: Look again."
    )


def test_a_refusal_takes_the_place_of_verdicts() -> None:
    assert "was not run:</b> It is a link." in cell_html([], "It is a link.")
    assert cell_text([], "It is a link.") == "Not run: It is a link."


def test_nothing_in_a_message_is_markup() -> None:
    page = cell_html([check("a", "failed", message=XSS, hint=XSS, title=XSS)], summary=XSS)
    assert XSS not in page
    assert "<script" not in page


def test_pictures_have_their_words_and_size() -> None:
    checks = [check("a", artifacts=(Artifact("a-b.png", "A <square>."), Artifact("a-gone.png", "Gone.")))]
    [picture] = shown_pictures(checks, {"a-b.png": PNG, "b-b.png": PNG})
    assert picture.base64 == base64.b64encode(PNG).decode()
    page = cell_html(checks, pictures=[picture])
    assert f'src="{picture.uri}"' in page
    assert f'width="{picture.width}" height="{picture.height}"' in page
    assert (picture.width, picture.height) != (0, 0)
    assert "A &lt;square&gt;." in page
