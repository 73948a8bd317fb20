"""Leaves threads running that no exit waits out. The process ends by _exit, whatever its threads do."""

import threading
import time


def spin():
    while True:
        time.sleep(0.01)


for _ in range(8):
    threading.Thread(target=spin, daemon=False).start()
threading._register_atexit(lambda: time.sleep(60))


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
