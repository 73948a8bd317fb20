"""Watches its own process through every hook that Python has: trace, profile, audit, import, exceptions."""

import builtins
import sys
import threading

seen = []


def tracer(frame, event, arg):
    if len(seen) < 10_000:
        seen.append((frame.f_code.co_name, event))
    return tracer


sys.settrace(tracer)
threading.settrace(tracer)
sys.addaudithook(lambda event, arguments: None)
sys.excepthook = sys.unraisablehook = lambda *args: None
honest_import = builtins.__import__
builtins.__import__ = lambda *args, **kwargs: seen.append(args[0]) or honest_import(*args, **kwargs)
sys.stdout = sys.stderr = None


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
