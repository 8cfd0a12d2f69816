"""Processes: dying with one's parent, and finding and ending what one started."""
from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path
from typing import Iterator

PR_SET_PDEATHSIG = 1
PROGRAMS = (b"tritonserver", b"triton_python_backend_stub")


def die_with_parent(number: int) -> None:
    """Asks the kernel to send this process a signal when its parent is gone (Linux only)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def start_time(pid: int) -> str | None:
    """The kernel's start time of a process: with it a recycled pid is told from the original."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state == "Z" else fields[18]


def is_running(pid: int, started: str | None) -> bool:
    return started is not None and start_time(pid) == started


def of_triton(text: str) -> Iterator[int]:
    """Pids of Triton's programs that have `text` in their command line."""
    needle = text.encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            program, *arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # gone, or another user's
        if program.rpartition(b"/")[2] in PROGRAMS and any(needle in argument for argument in arguments):
            yield int(entry.name)


def kill(pid: int) -> bool:
    """Ends a process at once; False when there was nothing to end."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True
