"""Grade all references, and write docs/pictures.md with every picture that the checks draw.

Usage: ``python benchmarks/picture_gallery.py``; it takes about two minutes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.homework import Course, SolvedHomework

COURSE = Course.find(Path(__file__))
DOCS = COURSE.root / "docs"
BEGINNING = """\
# The pictures that checks draw

`python benchmarks/picture_gallery.py` graded the references of all homeworks as a class is graded, and kept
what their checks drew. After `autograder check`, students find the pictures of public checks in the folder
`pictures/`. Their feedback page shows those of hidden checks too. Teaching assistants find all of them in the
report. How checks draw: [authors.md](authors.md#pictures).
"""


def main() -> None:
    """Write the page and the pictures beside it."""
    shutil.rmtree(DOCS / "pictures", ignore_errors=True)
    (DOCS / "pictures").mkdir()
    sections = ["\n".join(section(COURSE.homework(name))) for name in COURSE.homework_names()]
    (DOCS / "pictures.md").write_text("\n".join([BEGINNING, *filter(None, sections)]), encoding="utf-8")


def section(homework: SolvedHomework) -> Iterator[str]:
    """Grade a homework's reference; yield the lines about its pictures."""
    with tempfile.TemporaryDirectory() as folder:
        result = graded(homework, Path(folder))
        if any(check["artifacts"] for check in result["checks"]):
            yield f"## {homework.title}\n"
        for check in result["checks"]:
            for artifact in check["artifacts"]:
                [drawn] = Path(folder).glob(f"graded/pictures/**/{artifact['name']}")
                name, caption = f"{homework.name}-{artifact['name']}", artifact["caption"]
                shutil.copy(drawn, DOCS / "pictures" / name)
                yield f"{caption} (`{check['id']}`)\n\n![{caption}](pictures/{name})\n"


def graded(homework: SolvedHomework, folder: Path) -> dict[str, Any]:
    """Grade a homework's reference in a folder; return its record from ``results.jsonl``."""
    home = folder / "submitted" / "reference"
    home.mkdir(parents=True)
    assert homework.solution is not None
    for name in homework.files:
        shutil.copy(homework.solution / name, home)
    where = [str(folder / "submitted"), "--out", str(folder / "graded"), "--course", str(COURSE.root)]
    subprocess.run([sys.executable, "-m", "autograder", "grade", homework.name, *where], check=True)
    lines = (folder / "graded/results.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[str, Any] = json.loads(lines[-1])
    return found


if __name__ == "__main__":
    main()
