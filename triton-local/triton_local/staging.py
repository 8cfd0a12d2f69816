"""Parts appear whole or not at all: built in a temporary folder, renamed into place."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Iterator

from .home import STAMP, Home

PREFIX = ".staging-"


@contextlib.contextmanager
def lock(home: Home) -> Iterator[None]:
    """One installation at a time; a second one waits. The lock ends with the process, so it never gets stale."""
    import fcntl  # not on Windows, where machine.check() has already said no

    home.root.mkdir(parents=True, exist_ok=True)
    with open(home.root / "install.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another installation to finish …", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        sweep(home)
        yield


def sweep(home: Home) -> None:
    """Removes what a killed installation left. Only under the lock."""
    for leftover in home.root.glob(PREFIX + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def part(home: Home, target: Path, stamp: dict) -> Iterator[Path]:
    """Yields an empty folder; when the block succeeds, stamps it and puts it at `target`."""
    staged = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{target.name}-", dir=home.root))
    staged.chmod(0o755)
    try:
        yield staged
        (staged / STAMP).write_text(json.dumps(stamp, indent=1) + "\n")
        replace(home, staged, target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def replace(home: Home, staged: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    old = Path(tempfile.mkdtemp(prefix=f"{PREFIX}old-", dir=home.root))
    if target.exists():
        os.rename(target, old / target.name)
    os.rename(staged, target)
    shutil.rmtree(old, ignore_errors=True)
