"""Which files student code may read: plain data, on every operating system."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

SCRATCH: Final = "/box"
"""The path of a job's scratch folder, the only writable one, inside the root of `autograder.sandbox.jail`."""
_SYSTEM: Final = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/localtime",
)


@dataclass(frozen=True, slots=True)
class VisiblePaths:
    """The paths that student code may read.

    Attributes:
        readable: files and folders that are readable in the sandbox, and never writable.
        hidden: files and folders that are not readable, even below a readable folder.
    """

    readable: tuple[str, ...]
    hidden: tuple[str, ...] = ()

    @classmethod
    def for_this_python(cls, hidden: Iterable[Path] = ()) -> VisiblePaths:
        """Return the paths of the system's libraries and of this Python environment, and no others.

        The grader's own package is hidden as well, because it contains data sets with hidden labels.

        Args:
            hidden: further paths to hide.
        """
        package = Path(__file__).resolve().parents[1]
        environment = {sys.prefix, sys.base_prefix, sys.exec_prefix} - set(_SYSTEM)
        return cls(
            (*_SYSTEM, *sorted(environment)), tuple(str(path.resolve()) for path in (package, *hidden))
        )

    def to_json(self) -> dict[str, Any]:
        """Return the paths as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, list[str]]) -> VisiblePaths:
        """Read what `to_json` wrote."""
        return cls(tuple(record["readable"]), tuple(record["hidden"]))
