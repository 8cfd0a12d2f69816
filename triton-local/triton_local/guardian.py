"""A second process that cleans up when the supervisor is killed with SIGKILL and cannot.

It blocks on a pipe whose other end only the supervisor holds: the kernel closes it whatever the supervisor
dies of. Then it ends what is left of the run and removes its shared memory.
"""
from __future__ import annotations

import contextlib
import os
import signal

from . import runs
from .home import Home


class Guardian:
    """Start it before the server, dismiss it after a regular end."""

    def __init__(self, home: Home, run: dict):
        read_end, self.write_end = os.pipe()  # neither is inherited by tritonserver: os.pipe() sets close-on-exec
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.write_end)
            watch(read_end, home, run)
        os.close(read_end)

    def dismiss(self) -> None:
        """The run ended in order: nothing is left to guard."""
        with contextlib.suppress(BrokenPipeError):  # somebody killed the guardian: then nobody guards, which is fine now
            os.write(self.write_end, b"done")
        os.close(self.write_end)
        os.waitpid(self.pid, 0)


def watch(read_end: int, home: Home, run: dict) -> None:
    """The guardian's whole life; never returns."""
    os.setsid()  # signals for the supervisor's terminal or process group are not for the guardian
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        if os.read(read_end, 16) == b"":
            runs.sweep(run)
            runs.forget(home, run)
    finally:
        os._exit(0)
