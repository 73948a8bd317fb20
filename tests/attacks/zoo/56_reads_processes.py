"""Reads what other processes show of themselves: environment, command line, memory, descriptors, folders."""

import contextlib
import os
import re
from pathlib import Path

TOLD = {}
CANARY = re.compile(rb"canary-[0-9a-f]{16}")
ENTRIES = (
    "environ",
    "cmdline",
    "mem",
    "maps",
    "smaps",
    "auxv",
    "stack",
    "syscall",
    "pagemap",
    "mountinfo",
    "comm",
)


def search():
    looked = 0
    own = {"self", "thread-self", str(os.getpid())}
    numbers = {str(number) for number in range(1, os.getpid() + 2000) if os.path.exists(f"/proc/{number}")}
    for pid in sorted(numbers | {str(os.getppid()), "self", "thread-self"}):
        for entry in ENTRIES:
            looked += 1
            with contextlib.suppress(OSError), open(f"/proc/{pid}/{entry}", "rb") as file:
                if pid not in own and not Path(f"/proc/self/task/{pid}").exists():
                    print("BREACH: could open", entry, "of", pid)
                for canary in CANARY.findall(file.read(1 << 20) if entry != "mem" else b""):
                    print("found", canary.decode(), "in", entry, "of", pid)
        for link in ("cwd", "root", "exe", "ns/user"):
            looked += 1
            with contextlib.suppress(OSError):
                target = os.readlink(f"/proc/{pid}/{link}")
                if pid not in own and not Path(f"/proc/self/task/{pid}").exists():
                    print("BREACH: could follow", link, "of", pid, target)
    for table in ("unix", "tcp", "udp", "route", "arp"):
        looked += 1
        with contextlib.suppress(OSError):
            text = Path(f"/proc/self/net/{table}").read_text()
            if TOLD.get("abstract", "zoo-") in text or (
                table != "unix" and f":{TOLD.get('tcp', 0):04X} " in text
            ):
                # No secret, and not promised where there are no namespaces: TensorFlow needs /proc/self.
                print("sees who listens on this machine, in", table)
    for name in (
        "kcore",
        "kmsg",
        "kallsyms",
        "sysrq-trigger",
        "sys/kernel/core_pattern",
        "sched_debug",
        "keys",
    ):
        looked += 1
        with contextlib.suppress(OSError):
            os.close(
                os.open(f"/proc/{name}", os.O_WRONLY if "/" in name or "trigger" in name else os.O_RDONLY)
            )
            print("BREACH: could open", name)
    print("looked at", looked, "entries")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    search()
    raise NotImplementedError
