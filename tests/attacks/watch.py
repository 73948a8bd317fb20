"""Watches the command while it runs: its descriptors, and who connects from inside."""

import contextlib
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from attacks.launcher import descendants

_EVERY: Final = 0.02
_AT_WORK: Final = 3  # the command, a slot and the zygote


class DescriptorWatch:
    """Counts the descriptors of the processes below one that live from the first result to the last.

    A process that grades opens and closes a few for each submission, so counts go up and down; what leaks
    lifts the lowest of them.

    Args:
        root: process whose descendants are looked at.
        file: ``results.jsonl``; it grows with each submission.
    """

    def __init__(self, root: int, file: Path) -> None:
        self._root = root
        self._file = file
        self._seen: list[set[int]] = []
        self._samples: list[dict[int, int]] = []
        self._until_last_result = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        size = 0
        while not self._stop.wait(_EVERY):
            now = self._file.stat().st_size if self._file.exists() else 0
            if now > size:
                size = now
                below = descendants(self._root)
                if len(below) >= _AT_WORK:  # what cannot be read has a result before a slot is started
                    self._seen.append(below)
                    self._until_last_result = len(self._samples)
            self._samples.append(_counts(self._seen[0] if self._seen else set()))

    def compared(self) -> dict[int, tuple[int, int]]:
        """Return, for each process that lived throughout, its lowest counts at the start and at the end."""
        # After the last result everybody goes at once, some before they can be counted.
        lasting = sorted(set.intersection(*self._seen[:-1])) if len(self._seen) > 1 else []
        samples = [sample for sample in self._samples[: self._until_last_result] if sample]
        quarter = len(samples) // 4 or 1
        first, last = samples[:quarter], samples[-quarter:]
        return {pid: (_lowest(pid, first), _lowest(pid, last)) for pid in lasting}


def _lowest(pid: int, samples: list[dict[int, int]]) -> int:
    """Return the lowest count of a process."""
    return min(sample[pid] for sample in samples if pid in sample)


def _counts(processes: set[int]) -> dict[int, int]:
    """Return how many descriptors each of these processes has open."""
    found = {}
    for pid in processes:
        with contextlib.suppress(OSError):
            found[pid] = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return found


class Doors:
    """What listens outside, as a container engine or a database would; nobody may come in.

    Args:
        folder: takes the socket that has a path.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "docker.sock"
        self.abstract = f"zoo-{secrets.token_hex(6)}"
        self._sockets: dict[str, socket.socket] = {}
        self._open("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self._open("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self._open("path", socket.AF_UNIX, socket.SOCK_STREAM, str(self.path))
        self._open("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.abstract}")
        self.visitors: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def _open(self, name: str, family: int, kind: int, address: Any) -> None:
        self._sockets[name] = socket.socket(family, kind)
        self._sockets[name].bind(address)
        if kind == socket.SOCK_STREAM:
            self._sockets[name].listen()

    @property
    def addresses(self) -> dict[str, Any]:
        """What attackers are told."""
        ports = {name: self._sockets[name].getsockname()[1] for name in ("tcp", "udp")}
        return {**ports, "socket": str(self.path), "abstract": self.abstract}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        for door in self._sockets.values():
            door.close()

    def _listen(self) -> None:
        names = {door.fileno(): name for name, door in self._sockets.items()}
        while not self._stop.is_set():
            for number in select.select(list(names), [], [], 0.2)[0]:
                self.visitors.append(names[number])
                if names[number] == "udp":
                    self._sockets["udp"].recv(65_536)
                else:
                    self._sockets[names[number]].accept()[0].close()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition; return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
