"""Limits of one job."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

MEGABYTE: Final = 1 << 20
# A job that gets less than a twentieth of a core is given up.
_LEAST_SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one job.

    Training a small network takes at most 2.0 GB of address space, 352 MB of data and 287 MB of resident
    memory, so the defaults do not disturb normal student code.

    Attributes:
        cpu_seconds: processor time in seconds.
        idle_seconds: seconds that it may do nothing at a stretch, and twice as many in all; more after it has
            computed for longer, see `autograder.sandbox.pace`.
        memory: resident memory in bytes, measured by the watchdog.
        address_space: bytes.
        data: bytes of private writable memory.
        disk: bytes of the scratch folder, and of one file in it.
        inodes: number of files in the scratch folder.
        threads: number of threads of the job's process.
        open_files: number of descriptors.
    """

    cpu_seconds: int = 10
    idle_seconds: int = 10
    memory: int = 2048 * MEGABYTE
    address_space: int = 8192 * MEGABYTE
    data: int = 3072 * MEGABYTE
    disk: int = 64 * MEGABYTE
    inodes: int = 4096
    threads: int = 64
    open_files: int = 256

    @property
    def most_wall_seconds(self) -> float:
        """Seconds on the wall clock after which the machine is too busy to run the job."""
        return _LEAST_SHARE * (self.cpu_seconds + self.idle_seconds)

    def to_json(self) -> dict[str, int]:
        """Return the limits as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Limits:
        """Read what `to_json` wrote."""
        return cls(**record)
