"""Writes results itself, ahead of the worker: for the import, and for every call. What they claim is
compared with the reference all the same; and then the worker's own messages come out of turn.
"""

import json
import os
import struct

RESULT = 4


def message(pairs):
    header = json.dumps({"value": {"$dict": pairs}, "frames": []}).encode()
    return struct.pack("=IQ", len(header), 0) + header


os.write(RESULT, message([["step", -1], ["outcome", "returned"]]))
for step in range(200):
    os.write(RESULT, message([["step", step], ["outcome", "returned"], ["value", 40]]))


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
