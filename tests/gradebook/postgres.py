"""A PostgreSQL server for tests: Debian's, in a folder of its own, started and stopped here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PLACES = "/usr/lib/postgresql/*/bin"


def programs() -> Path | None:
    """Return the folder with the server's programs: Debian's newest, else what is on the path."""
    if found := sorted(Path("/").glob(_PLACES.lstrip("/"))):
        return found[-1]
    return Path(elsewhere).parent if (elsewhere := shutil.which("initdb")) else None


@contextmanager
def server(folder: Path) -> Iterator[Callable[[str], str]]:
    """Run a server; give a function that makes an empty database of a name and returns its address.

    PostgreSQL refuses to run as root: there it runs as Debian's user ``postgres``.
    """
    place = programs()
    if place is None or not (place / "initdb").exists():
        if os.environ.get("AUTOGRADER_ALL_PARTS"):
            pytest.fail("PostgreSQL is not installed, and this run has to test with it.")
        pytest.skip("PostgreSQL is not installed")
    as_user = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    )
    data, port = folder / "data", _free_port()
    if as_user:
        shutil.chown(folder, "postgres", "postgres")

    def run(*words: str) -> None:
        subprocess.run([*as_user, *words], check=True, capture_output=True, timeout=120, cwd="/")

    run(str(place / "initdb"), "-D", str(data), "-U", "teacher", "--auth=trust", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"

    def database(name: str) -> str:
        run(str(place / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "teacher", name)
        return f"postgresql+psycopg://teacher@127.0.0.1:{port}/{name}"

    control = [str(place / "pg_ctl"), "-D", str(data)]
    run(*control, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield database
    finally:
        run(*control, "-m", "immediate", "stop")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
