"""Leaves finalizers behind that run when objects go: at the end of a call, of the module, of the
interpreter.
"""

import gc
import weakref


class Phoenix:
    kept = []

    def __del__(self):
        Phoenix.kept.append(Phoenix() if len(Phoenix.kept) < 1000 else None)
        raise RuntimeError("raised while it went")


phoenix = Phoenix()
del phoenix
target = type("Target", (), {})()
weakref.finalize(target, print, "BREACH: a finalizer ran at the end")
gc.callbacks.append(lambda phase, info: None)
gc.disable()


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
