"""Leaves a function behind that writes a report when Python ends. The worker ends without running any."""

import atexit
import json
import struct
from pathlib import Path


def forge():
    print("BREACH: an exit function ran")
    header = json.dumps(
        {"value": {"$dict": [["step", 0], ["outcome", "returned"], ["value", 3]]}, "frames": []}
    )
    for number in range(3, 32):
        try:
            with open(number, "wb", closefd=False) as file:
                file.write(struct.pack("=IQ", len(header), 0) + header.encode())
        except OSError:
            pass
    Path("results.jsonl").write_text('{"score": 40}')


atexit.register(forge)


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
