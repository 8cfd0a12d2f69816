"""What one run leaves behind, and how it is cleaned up.

A crashed server leaves stub processes that ignore SIGTERM and files in /dev/shm. Both carry the run's
shared-memory prefix (the stubs in their command line), which is unique per run: so a sweep can never
touch a neighbour's.
"""
from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from pathlib import Path

from . import processes
from .home import Home

SHARED_MEMORY = Path("/dev/shm")


def new_prefix() -> str:
    """A shared-memory prefix for this process. Closed by a letter, so that 12 is no prefix of 123."""
    return f"aiaa_{os.getpid()}_{secrets.token_hex(3)}_z"


def record_path(home: Home, pid: int) -> Path:
    return home.runs / f"{pid}.json"


def backends_path(home: Home, pid: int) -> Path:
    """This run's backend directory: links only."""
    return home.runs / f"{pid}.backends"


def record(home: Home, run: dict) -> None:
    """Writes a run down before its server starts."""
    write_atomically(record_path(home, run["pid"]), run)


def forget(home: Home, pid: int) -> None:
    shutil.rmtree(backends_path(home, pid), ignore_errors=True)
    record_path(home, pid).unlink(missing_ok=True)


def sweep(run: dict) -> tuple[int, int]:
    """Ends every process of a run and removes its shared memory. Returns how many of each.

    A kill can race with a fork, so it looks again until nothing is left.
    """
    killed: set[int] = set()
    for _ in range(50):
        alive = list(processes.of_triton(run["shmPrefix"]))
        if not alive:
            break
        killed.update(pid for pid in alive if processes.kill(pid))
        time.sleep(0.02)
    return len(killed), remove_shared_memory(run["shmPrefix"])


def remove_shared_memory(prefix: str) -> int:
    files = list(SHARED_MEMORY.glob(f"*{prefix}*"))
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def sweep_dead(home: Home) -> None:
    """Cleans up after earlier runs whose supervisor is gone."""
    for path in home.runs.glob("*.json"):
        try:
            run = json.loads(path.read_text())
        except (OSError, ValueError):
            path.unlink(missing_ok=True)
            continue
        if processes.is_running(run["pid"], run["started"]):
            continue
        processes_ended, files = sweep(run)
        forget(home, run["pid"])
        print(f"swept an earlier run (pid {run['pid']}): {processes_ended} processes, {files} shared-memory files", flush=True)


def write_atomically(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content) + "\n")
    os.replace(temporary, path)
