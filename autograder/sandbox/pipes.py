"""Messages through pipes, in the confined process. Both functions block until they are done."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograder.sandbox import wire


def receive(descriptor: int) -> Any:
    """Wait for the next message; return its value, or None at the end of the stream.

    Args:
        descriptor: the pipe to read from.

    Raises:
        wire.WireError: the stream ends within a message, or the message is invalid.
    """
    start = memoryview(bytearray(wire.PREFIX.size))
    if not _fill(descriptor, start):
        return None
    size = wire.PREFIX.size + sum(wire.PREFIX.unpack(start))
    message = np.empty(size, np.uint8).data  # a large bytearray would be filled with zeros first
    message[: wire.PREFIX.size] = start
    if not _fill(descriptor, message[wire.PREFIX.size :]):
        raise wire.WireError("a message that breaks off")
    return wire.decode(message)


def _fill(descriptor: int, content: memoryview) -> bool:
    """Read until ``content`` is full; return False where the stream ends before its first byte.

    Raises:
        wire.WireError: the stream ends after the first byte.
    """
    done = 0
    while done < len(content):
        count = os.readv(descriptor, [content[done:]])
        if not count and done:
            raise wire.WireError("a message that breaks off")
        if not count:
            return False
        done += count
    return True


def send(descriptor: int, value: object) -> None:
    """Write a message.

    Args:
        descriptor: the pipe to write to.
        value: see `wire.encode`.

    Raises:
        wire.UnsendableError: a value of this kind cannot be sent; nothing was written.
    """
    message = memoryview(wire.encode(value))
    while message:
        message = message[os.write(descriptor, message) :]
