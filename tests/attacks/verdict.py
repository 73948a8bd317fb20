"""What the attacks achieved, in figures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attacks.command import FIRST_CONTROL, ClassGraded
from attacks.table import ATTACKS

BREACH: Final = "BREACH"
"""An attacker prints this when something succeeded that must not."""


def gained(done: ClassGraded) -> list[str]:
    """Return the attacks whose score is higher than their honest work deserves."""
    return [
        attack.name
        for attack in ATTACKS
        if attack.name in done.names and (done.result(attack)["score"] or 0) > attack.deserves
    ]


def leaks(done: ClassGraded) -> list[str]:
    """Return where a canary or the course's secret stands: in any file of the results, or on the terminal."""
    secret = (done.grounds.course / ".autograder" / "secret").read_text(encoding="ascii").strip()
    found = []
    for name, content in written(done):
        found += [f"{place} in {name}" for place in done.grounds.canaries.found_in(content)]
        found += [f"the course's secret in {name}"] if secret.encode() in content else []
    return found


def written(done: ClassGraded) -> Iterator[tuple[str, bytes]]:
    """Yield everything that the command wrote: what students get is made of it, the logs staff alone read."""
    yield "what was printed", done.printed
    for path in sorted(done.grounds.out.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


def essence(result: dict[str, Any]) -> str:
    """Return what has to be equal for equal submissions: everything but name, seed and times."""
    checks = [{**check, "metrics": {}} for check in result["checks"]]
    kept = {key: result[key] for key in ("status", "score", "max_score", "reason", "isolation", "digest")}
    return json.dumps(kept | {"checks": checks}, sort_keys=True)


def changed_controls(done: ClassGraded) -> list[str]:
    """Return the honest submissions that were graded unlike the first."""
    controls = {name: essence(result) for name, result in done.results.items() if name.endswith("-control")}
    return [name for name, found in controls.items() if found != controls[FIRST_CONTROL]]


def verdict(done: ClassGraded) -> str:
    """Return one line about all attacks."""
    figures = {
        "attacks tried": len(done.names),
        "attacks that gained a point": len(gained(done)),
        "canaries leaked": len(leaks(done)),
        "things done that must not be": len(breaches(done)),
        "controls changed": len(changed_controls(done)),
        "processes left": len(done.left + done.left_after_kill),
    }
    return ", ".join(f"{what} {count}" for what, count in figures.items())


def breaches(done: ClassGraded) -> list[str]:
    """Return what attackers say they could do."""
    logs = sorted((done.grounds.out / "logs").glob("*.txt"))
    return [f"{path.stem}: {line}" for path in logs for line in _lines(path) if BREACH in line]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
