"""What an attack is, for the tables: what is handed in, and what has to become of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ZOO: Final = Path(__file__).parent / "zoo"
_BLANK: Final = "TOLD = {}"

HONEST: Final = """def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
"""
"""A small honest solution: right in one of six functions."""
SMALL: Final = 4.0
"""What `HONEST` deserves."""
STRUCTURE: Final = SMALL + 10.0
"""What `HONEST` and a network as the handout wants it deserve, before any training."""

Told = Mapping[str, Any]
"""What the attackers are told: paths of the secrets, ports and names of what listens."""
LayDown = Callable[[Path, str, Told], None]
"""Writes one submission: into this folder of submissions, under this student's name."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        name: unique; for a single file also its name in ``zoo/``.
        numbers: which rows of the list of attacks it covers; from 53 on they are the zoo's own.
        deserves: the points of the honest work in it; the score may never be higher.
        gets: the points it gets where that is less, because the attack spoils its own work.
        status: of the submission, or those that are all right.
        checks: check → its status, or those that are all right.
        says: words that stand in the reason or in the message of a check.
        logs: words that stand in its log: it came as far as it wanted.
        lay_down: writes it; by default the file of that name as ``cnn.py``.
        waits_for: the homework that the real attack needs; this one is as near as the CNN homework gets.
    """

    name: str
    numbers: tuple[int, ...]
    deserves: float = SMALL
    gets: float | None = None
    status: str | tuple[str, ...] = "graded"
    checks: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    lay_down: LayDown | None = None
    waits_for: str = ""

    @property
    def score(self) -> float:
        """The points it gets."""
        return self.deserves if self.gets is None else self.gets

    def write(self, folder: Path, student: str, told: Told) -> None:
        """Write the submission."""
        if self.lay_down is not None:
            self.lay_down(folder, student, told)
        else:
            write_module(folder / student, source(self.name, told))


def source(name: str, told: Told) -> str:
    """Return an attack's file, told where everything lies if it wants to know."""
    text = (ZOO / f"{name}.py").read_text(encoding="utf-8")
    return text.replace(_BLANK, f"TOLD = {json.dumps(dict(told))}", 1)


def write_module(folder: Path, text: str | bytes) -> None:
    """Write ``cnn.py`` into a student's folder."""
    folder.mkdir(parents=True)
    (folder / "cnn.py").write_bytes(text.encode() if isinstance(text, str) else text)
