"""The kernel's own limits on one process (setrlimit)."""

from __future__ import annotations

import math
import resource
import time

from autograder.sandbox.limits import MEGABYTE, Limits


def limit_this_process(limits: Limits, *, threads: bool = True) -> None:
    """Set the kernel's limits on this process; a lower limit that is already set stays.

    Args:
        limits: what the process may use.
        threads: limit the number of threads, too. The kernel counts all threads of a user in a user
            namespace. A job without its own namespace shares this count with other programs.
    """
    chosen = {
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 1),
        resource.RLIMIT_AS: (limits.address_space, limits.address_space),
        resource.RLIMIT_DATA: (limits.data, limits.data),
        resource.RLIMIT_FSIZE: (limits.disk, limits.disk),
        resource.RLIMIT_NOFILE: (limits.open_files, limits.open_files),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_STACK: (8 * MEGABYTE, 8 * MEGABYTE),
    }
    if threads:
        chosen[resource.RLIMIT_NPROC] = (limits.threads, limits.threads)
    for kind, (soft, hard) in chosen.items():
        highest = resource.getrlimit(kind)[1]
        bounded = (
            (soft, hard) if highest == resource.RLIM_INFINITY else (min(soft, highest), min(hard, highest))
        )
        resource.setrlimit(kind, bounded)


def allow_cpu_seconds(seconds: int) -> None:
    """Allow this process this many seconds of processor time from now on, but no more than its hard limit.

    Args:
        seconds: processor time of all its threads together, rounded up as the kernel does.
    """
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(time.process_time()) + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )
