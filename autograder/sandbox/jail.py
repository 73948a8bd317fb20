"""The jail: namespaces, a private root folder, and the final restrictions before untrusted code runs.

Confinement has two steps. `enter` confines the zygote once: a user, mount, process, network, IPC, host-name
and cgroup namespace, and a read-only root that holds only system libraries and the Python environment.
`lock` confines one job's process for good: capabilities, Landlock, limits, system-call filter.

The interpreter may lie below a folder that only root may enter, such as a pyenv in root's home. So a grader
that runs as root gets a user namespace with two identities. As root, which can read these folders, it makes
the mounts. Then it becomes the second identity, an ordinary user, who may enter the folders of the new root.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from autograder.sandbox import landlock, linux, seccomp
from autograder.sandbox.limits import Limits
from autograder.sandbox.linux import MountFlag, Namespace
from autograder.sandbox.rlimits import limit_this_process
from autograder.sandbox.visible import SCRATCH, VisiblePaths

DEVICES: Final = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom"))
INSIDE_ID: Final = 1000
_ZYGOTE_NAMESPACES: Final = (
    Namespace.USER
    | Namespace.MOUNT
    | Namespace.PID
    | Namespace.NET
    | Namespace.IPC
    | Namespace.UTS
    | Namespace.CGROUP
)
_JOB_NAMESPACES: Final = _ZYGOTE_NAMESPACES & ~Namespace.CGROUP
_TMPFS: Final = MountFlag.NOSUID | MountFlag.NODEV


def enter(visible: VisiblePaths) -> None:
    """Confine this process, the zygote: on return it is process 1 of a jail, as an ordinary user.

    Args:
        visible: the paths that the new root shows.

    Raises:
        OSError: the kernel refuses; the message names the call.
    """
    user, group = os.geteuid(), os.getegid()
    if user == 0 and (spare := spare_id()) is not None:
        _unshare_with_two_ids(spare)
    else:
        linux.unshare(_ZYGOTE_NAMESPACES)
        _map_one_id(INSIDE_ID, user, group)
        spare = None
    _become_first_process()
    _build_root(visible)
    if spare is not None:
        drop_to(INSIDE_ID)


def enter_job() -> None:
    """Move this process, a job's supervisor, into new namespaces inside the jail."""
    user, group = os.geteuid(), os.getegid()
    linux.unshare(_JOB_NAMESPACES)
    _map_one_id(INSIDE_ID, user, group)


def mount_scratch(limits: Limits) -> None:
    """Mount a job's private scratch folder, and a /proc that shows only the job's own process.

    Args:
        limits: the size and the number of files of the scratch folder.
    """
    options = f"size={limits.disk},nr_inodes={limits.inodes},mode=700"
    linux.mount("tmpfs", SCRATCH, "tmpfs", _TMPFS | MountFlag.NOEXEC, options)
    linux.mount("proc", "/proc", "proc", _TMPFS | MountFlag.NOEXEC, "subset=pid")


def lock(visible: VisiblePaths, limits: Limits, code: list[seccomp.Instruction]) -> None:
    """Remove every right that student code does not need from this process, for good.

    Args:
        visible: the paths that stay readable.
        limits: what the job may use.
        code: the system-call filter.
    """
    linux.drop_capabilities()
    landlock.restrict(read=(*visible.readable, "/proc"), scratch=(SCRATCH,), devices=DEVICES)
    limit_this_process(limits)
    seccomp.install(code)


def spare_id() -> int | None:
    """Return the number of an ordinary user that root may become, or None if no such user is mapped.

    A container may map only a few users. A rootless container maps a single one: its "root" is already an
    ordinary user outside and needs no other.
    """
    ranges = []
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        ranges.append(range(first, first + count))
    for candidate in (64_999, 65_534, 1000, 1):
        if any(candidate in span for span in ranges):
            return candidate
    return None


def _map_one_id(inside: int, user: int, group: int) -> None:
    """Map one user and group into this process's new user namespace."""
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{inside} {user} 1"),
        ("gid_map", f"{inside} {group} 1"),
    ):
        _write(f"/proc/self/{name}", line)


def _unshare_with_two_ids(spare: int) -> None:
    """Unshare, and map root and one ordinary user.

    Only a process outside the new namespace may map more than one user. So a child process that stays
    outside writes the maps.
    """
    parent = os.getpid()
    unshared_read, unshared_write = os.pipe()
    helper = os.fork()
    if helper == 0:
        code = 1
        try:
            os.close(unshared_write)
            os.read(unshared_read, 1)
            for kind in ("uid_map", "gid_map"):
                _write(f"/proc/{parent}/{kind}", f"0 0 1\n{INSIDE_ID} {spare} 1")
            code = 0
        except OSError as error:
            sys.stderr.write(f"{error}\n")
        finally:
            os._exit(code)
    os.close(unshared_read)
    try:
        linux.unshare(_ZYGOTE_NAMESPACES)
    finally:
        os.close(unshared_write)
        _, status = os.waitpid(helper, 0)
    if status:
        raise PermissionError("uid_map: the kernel refuses to map two identities for root")


def _become_first_process() -> None:
    """Continue as process 1 of the new process namespace; if it ends, the kernel kills all others in it."""
    child = os.fork()
    if child:
        # This process keeps the other descriptors open, so the grader waits for its end, not for theirs.
        os.closerange(0, 3)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    linux.die_with_parent()


def drop_to(user: int) -> None:
    """Become an ordinary user for good.

    Args:
        user: user and group number.
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    linux.prctl(linux.Prctl.DUMPABLE, 1)  # otherwise root would own this process's entries in /proc
    linux.die_with_parent()


def _build_root(visible: VisiblePaths) -> None:
    """Replace the root by a small tmpfs that holds read-only views of what ``visible`` names."""
    sources = {path: os.path.realpath(path) for path in (*visible.readable, *DEVICES)}
    hidden = sorted(_appearances(visible.hidden, sources))
    linux.mount("none", "/", flags=MountFlag.RECURSIVE | MountFlag.PRIVATE)
    linux.mount("tmpfs", "/tmp", "tmpfs", _TMPFS, "mode=755,size=1m")  # noqa: S108 - any folder that exists
    os.chdir("/tmp")  # noqa: S108
    Path("new").mkdir()
    Path("old").mkdir()
    linux.pivot_root(".", "old")
    os.chdir("/")
    linux.mount("tmpfs", "/new", "tmpfs", _TMPFS, "mode=755,size=1m")
    _show(visible.readable, hidden, sources)
    for path in DEVICES:
        _bind(sources[path], path)
    for folder in ("/proc", SCRATCH):
        Path(f"/new{folder}").mkdir()
    linux.mount("tmpfs", f"/new{SCRATCH}", "tmpfs", _TMPFS | MountFlag.NOEXEC, "mode=755,size=1m")
    Path(f"/new{SCRATCH}").chmod(0o1777)
    linux.mount("proc", "/new/proc", "proc", _TMPFS | MountFlag.NOEXEC)
    linux.make_read_only("/new", with_mounts_below=False)
    os.chdir("/new")
    linux.pivot_root(".", ".")
    linux.detach(".")
    os.chdir("/")


def _appearances(hidden: Iterable[str], sources: dict[str, str]) -> set[str]:
    """Return all paths at which hidden files would appear inside; readable folders may be links."""
    return {
        str(Path(shown) / Path(real).relative_to(source))
        for real in map(os.path.realpath, hidden)
        for shown, source in sources.items()
        if Path(real).is_relative_to(source)
    }


def _show(readable: Iterable[str], hidden: list[str], sources: dict[str, str]) -> None:
    """Bind the readable paths and cover the hidden ones; the deeper path wins."""
    everything = [(path, False) for path in readable] + [(path, True) for path in hidden]
    for path, hide in sorted(everything, key=lambda entry: len(Path(entry[0]).parts)):
        if hide:
            _cover(Path(f"/new{path}"))
        elif Path(f"/old{sources[path]}").exists():
            _bind(sources[path], path)
            linux.make_read_only(f"/new{path}")
    covers = (Path(f"/new{path}") for path in hidden)
    # Folders only: a hidden file is covered by /dev/null, which a mount without devices would not open.
    for cover in (path for path in covers if path.is_dir() and path.is_mount()):
        linux.make_read_only(str(cover), with_mounts_below=False)


def _bind(source: str, target: str) -> None:
    """Show ``/old`` + source at ``/new`` + target."""
    inside = Path(f"/new{target}")
    if not inside.exists():
        inside.parent.mkdir(parents=True, exist_ok=True)
        if Path(f"/old{source}").is_dir():
            inside.mkdir()
        else:
            inside.touch()
    linux.mount(f"/old{source}", str(inside), flags=MountFlag.BIND | MountFlag.RECURSIVE)


def _cover(inside: Path) -> None:
    """Hide one path, if it exists inside."""
    if inside.is_dir():
        linux.mount("tmpfs", str(inside), "tmpfs", _TMPFS, "mode=755,size=1m")
    elif inside.exists():
        linux.mount("/old/dev/null", str(inside), flags=MountFlag.BIND)


def _write(path: str, text: str) -> None:
    """Write ``text`` in one call, as files of the kernel require."""
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)
