"""What one run leaves behind, and how it is cleaned up.

A crashed server leaves stub processes that ignore SIGTERM and files in /dev/shm. Both carry the run's
shared-memory prefix (the stubs in their command line), which is unique per run: so a sweep can never
touch a neighbour's.
"""
from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import time
from pathlib import Path

from . import plain_paths, processes
from .home import Home

SHARED_MEMORY = Path("/dev/shm")


def new_run(ready_file: Path | None) -> dict:
    """The record of a run of this process. The prefix ends in a letter, so that none is the beginning of another."""
    pid = os.getpid()
    return {
        "pid": pid,
        "started": processes.start_time(pid),
        "shmPrefix": f"aiaa_{pid}_{secrets.token_hex(3)}_z",
        "readyFile": str(ready_file) if ready_file else None,
    }


def record_path(home: Home, pid: int) -> Path:
    return home.runs / f"{pid}.json"


def make_links_folder(home: Home, run: dict) -> Path:
    """An empty folder for this run's links, whose path is plain and which every user may pass through; noted in the run."""
    folder = home.runs / f"{run['pid']}.links"
    shutil.rmtree(folder, ignore_errors=True)  # of a crashed run with our pid
    if plain_paths.is_plain(folder):
        folder.mkdir(parents=True)
    else:
        folder = plain_paths.make_folder()
    run["links"] = str(folder)
    return folder


def record(home: Home, run: dict) -> None:
    """Writes a run down before its server starts."""
    write_atomically(record_path(home, run["pid"]), run)


def forget(home: Home, run: dict) -> None:
    """Removes the record, the links and the ready file of a run that has ended."""
    if run.get("readyFile"):
        remove_ready_file(Path(run["readyFile"]), run["pid"])
    if run.get("links"):
        shutil.rmtree(run["links"], ignore_errors=True)
    record_path(home, run["pid"]).unlink(missing_ok=True)


def remove_ready_file(path: Path, pid: int) -> None:
    """Only the run's own: a later run may have been given the same path."""
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path.read_text())["pid"] == pid:
            path.unlink()


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
        forget(home, run)
        print(f"swept an earlier run (pid {run['pid']}): {processes_ended} processes, {files} shared-memory files", flush=True)


def write_atomically(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content) + "\n")
    os.replace(temporary, path)
