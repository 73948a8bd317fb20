"""Compare the results of two versions of the program: verdicts, points, metrics, messages.

Run ``python tools/same_verdicts.py BEFORE AFTER`` with two folders of results (``--out``). Both have to come
from the same submissions and the same course secret (``.autograder/secret``), so that seeds and metrics are
equal too. ``python tools/same_verdicts.py --class FOLDER`` writes such submissions: the reference, the stub,
and all correct solutions of each homework.

Times and the fields of ``--without`` are not compared. The exit code is 1 if there are differences; they are
printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

TIMES: Final = ("seconds", "cpu_seconds", "jobs", "handed_in", "graded_at")
_ABSENT: Final = "(no such field)"


def main() -> None:
    """Compare two folders of results, or write submissions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="BEFORE AFTER", help="two folders of results"
    )
    parser.add_argument("--class", dest="class_folder", type=Path, help="write submissions to this folder")
    parser.add_argument(
        "--without", nargs="*", default=[], help="fields of a submission that are not compared"
    )
    options = parser.parse_args()
    if options.class_folder is not None:
        write_class(options.class_folder)
        return
    if len(options.folders) != 2:
        parser.error("expected two folders of results")
    before, after = (read(folder, (*TIMES, *options.without)) for folder in options.folders)
    found = list(differences(before, after))
    print("\n".join(found) or f"No difference in {len(before)} submissions.")
    sys.exit(1 if found or not before else 0)


def write_class(folder: Path) -> None:
    """Write the reference, the stub and all correct solutions of each homework, one folder per homework."""
    from autograder.authoring.specimens import Kind, specimens  # noqa: PLC0415 - not needed to compare
    from autograder.homework import Course  # noqa: PLC0415

    course = Course.find(Path(__file__))
    for name in course.homework_names():
        for specimen in specimens(course.homework(name)):
            if specimen.kind is not Kind.CHAFF:
                specimen.lay_out(folder / name)


def read(folder: Path, without: tuple[str, ...]) -> dict[str, Any]:
    """Return the last record of each student in a folder's ``results.jsonl``."""
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines if line]
    return {
        record["student"]: {key: value for key, value in record.items() if key not in without}
        for record in records
    }


def differences(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Yield a line for each difference between two JSON values.

    Args:
        before: the first value.
        after: the second value.
        where: the path to both.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from differences(before.get(key, _ABSENT), after.get(key, _ABSENT), f"{where}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            name = pair[0].get("id", number) if isinstance(pair[0], dict) else number
            yield from differences(*pair, f"{where}/{name}")
    elif before != after:
        yield f"{where}: {before!r} before, {after!r} after"


if __name__ == "__main__":
    main()
