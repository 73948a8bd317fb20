"""Machines to test on that this one is not: run a command where the kernel offers less.

``python machines.py KIND… -- COMMAND…`` with these kinds:

- ``ordinary``: as an ordinary user without any right, also where the tests run as root;
- ``no-user-namespaces``: where nobody may make a user namespace any more;
- ``no-landlock``: where the kernel does not know Landlock.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from autograder.sandbox import linux, seccomp
from autograder.sandbox.linux import Namespace

ORDINARY = 1234


def main() -> None:
    """Become what is asked for, then the command."""
    at = sys.argv.index("--")
    kinds, command = sys.argv[1:at], sys.argv[at + 1 :]
    user, group = os.geteuid(), os.getegid()
    linux.unshare(Namespace.USER)
    if "no-user-namespaces" in kinds:  # counted for each user namespace: this one is the last
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
    me, my_group = (ORDINARY, ORDINARY) if "ordinary" in kinds else (user, group)
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{me} {user} 1"),
        ("gid_map", f"{my_group} {group} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(line)
    if "no-landlock" in kinds:
        seccomp.install(
            [
                *seccomp._prologue(),
                *seccomp._fail("landlock_create_ruleset", errno.EOPNOTSUPP),
                (seccomp._RETURN, 0, 0, seccomp._ALLOW),
            ]
        )
    os.execv(command[0], command)  # an ordinary user loses the new namespace's rights here


if __name__ == "__main__":
    main()
