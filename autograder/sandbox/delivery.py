"""The pipe through which the grader sends messages to a confined process.

A message is sent only after the message before it was answered. No call here blocks: a process that does not
read is stopped by a limit.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Sequence
from typing import Final

_PIPE_BYTES: Final = 1 << 20


class Outlet:
    """Sends one message at a time, as fast as the process reads.

    Attributes:
        job_end: descriptor of the pipe's end from which the process reads.
    """

    def __init__(self) -> None:
        self._now = memoryview(b"")
        self._step: int | None = None
        self.job_end, self._descriptor = os.pipe()
        os.set_blocking(self._descriptor, False)
        _enlarge(self._descriptor)

    def due(self) -> int | None:
        """Return the step that has to be answered now; None if its message is not fully sent yet."""
        return None if self._now or self._descriptor < 0 else self._step

    def send(self, message: bytes, step: int) -> None:
        """Begin to send a message.

        Args:
            message: what to send.
            step: number of the outcome that answers it.
        """
        self._now = memoryview(message)
        self._step = step
        self.write()

    def settle(self) -> None:
        """Expect no further answer to the message that was sent last."""
        self._step = None

    def write(self) -> None:
        """Write as much of the message as the pipe takes now."""
        try:
            while self._now:
                self._now = self._now[os.write(self._descriptor, self._now) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # the job ended, or closed its end
            self.close()

    @property
    def waiting(self) -> int | None:
        """The descriptor to poll for room, if a part of a message is not written yet."""
        return self._descriptor if self._now else None

    def close(self) -> None:
        """Close the pipe and drop what was not sent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
        self._now = memoryview(b"")


class Delivery(Outlet):
    """Sends a job's messages, each after the answer to the message before.

    Args:
        messages: the request and the steps, encoded.
        first_step: number of the outcome that answers the request.
    """

    def __init__(self, messages: Sequence[bytes], first_step: int) -> None:
        super().__init__()
        self._later = deque(messages)
        self._numbers = itertools.count(first_step)

    def next(self) -> None:
        """Begin to send the next message; after the last one, close the pipe."""
        if self._later:
            self.send(self._later.popleft(), next(self._numbers))
        else:
            self.close()

    def close(self) -> None:
        """Close the pipe and drop the messages that were not sent."""
        super().close()
        self._later.clear()


def _enlarge(descriptor: int) -> None:
    """Enlarge a pipe, if the kernel allows it: large arrays then need fewer context switches."""
    import fcntl  # noqa: PLC0415 - Linux only, as this class is

    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
