"""Rewrites the worker it runs in: what it sends, how it takes steps, what becomes of exceptions, and
Python's own functions. The worker is the student's process, and is not believed.
"""

import builtins
import json
import sys

for name in list(sys.modules):
    module = sys.modules[name]
    if name.endswith("sandbox.worker"):
        module._plain = lambda value: 3
        module._describe = lambda error: {"kind": "passed", "message": "", "line": 1, "function": ""}
        module._export = lambda model: {"config": "{}", "weights": []}
    if name.endswith("sandbox.wire"):
        module.WireError = KeyError
json.loads = lambda *args, **kwargs: {}
builtins.isinstance = lambda value, kind: True


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
