"""Asks for more rights: to be another user, to have capabilities, higher limits, another host name."""

import contextlib
import ctypes
import os
import resource
import struct
from pathlib import Path

TOLD = {}
REACHING = 0b110  # to pass folders that only root may enter; every file opened is still Landlock's matter
libc = ctypes.CDLL(None, use_errno=True)


def attempt(what, action):
    with contextlib.suppress(OSError, ValueError):
        action()
        print("BREACH:", what)


def try_everything():
    if os.getuid() == 0:
        print("BREACH: is root")
    attempt("became root", lambda: os.setuid(0))
    attempt("became root for a moment", lambda: os.setresuid(0, 0, 0))
    attempt("joined root's group", lambda: os.setgid(0))
    attempt("joined groups", lambda: os.setgroups([0]))
    libc.setfsuid(0)
    if libc.setfsuid(-1) == 0:
        print("BREACH: looks at files as root")
    header, rights = struct.pack("=Ii", 0x2008_0522, 0), b"\xff" * 24
    if libc.capset(header, rights) == 0:
        print("BREACH: took capabilities")
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY:
            print("BREACH: no limit", kind)
        attempt(
            f"raised limit {kind}",
            lambda kind=kind, hard=hard: resource.setrlimit(kind, (hard + 1, hard + 1)),
        )
    for path, text in (("/proc/self/uid_map", "0 0 1"), ("/proc/self/oom_score_adj", "-1000")):
        attempt(f"wrote {path}", lambda path=path, text=text: Path(path).write_text(text))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    more = int(status["CapEff"], 16) & ~(REACHING if TOLD.get("tier") == "landlock" else 0)
    if status["NoNewPrivs"].strip() != "1" or more or status["Seccomp"].strip() != "2":
        print("BREACH: not confined", status["NoNewPrivs"], status["CapEff"], status["Seccomp"])
    print("tried to get rights")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
