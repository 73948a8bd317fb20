"""Makes a process that would outlive the job, in every way there is. The system-call filter knows only
threads.
"""

import ctypes
import multiprocessing
import os
import platform
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
VFORK, CLONE, CLONE3, FORK = (58, 56, 435, 57) if platform.machine() == "x86_64" else (None, 220, 435, None)


def stay(child):
    """In a child, stay for a while; in the parent, say that there is one."""
    if child == 0:
        time.sleep(30)
        os._exit(0)
    if child > 0:
        print("BREACH: made process", child, flush=True)


def attempt(action):
    try:
        return action()
    except Exception:
        return None


def try_everything():
    for fork in (os.fork, lambda: os.forkpty()[0]):
        stay(attempt(fork) or -1)
    for number, arguments in ((FORK, ()), (CLONE, (17, 0, 0, 0, 0)), (CLONE, (0x7E02_0011, 0, 0, 0, 0))):
        if number is not None:
            stay(libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)))
    stay(libc.syscall(ctypes.c_long(CLONE3), bytes([0] * 32 + [17] + [0] * 55), ctypes.c_long(88)))
    for command in (["/bin/sleep", "30"], [sys.executable, "-c", "import time; time.sleep(30)"]):
        if attempt(lambda command=command: subprocess.Popen(command, start_new_session=True)):
            print("BREACH: started", command)
        if attempt(lambda command=command: os.posix_spawn(command[0], command, {})):
            print("BREACH: spawned", command)
    if attempt(lambda: multiprocessing.Process(target=time.sleep, args=(30,)).start() or "started"):
        print("BREACH: multiprocessing")
    if attempt(lambda: os.system("true")) == 0:
        print("BREACH: a shell ran")
    print("tried to fork")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError


def max_pool2d(images, pool_size=2, stride=None):
    os.execv("/bin/sleep", ["sleep", "30"])
