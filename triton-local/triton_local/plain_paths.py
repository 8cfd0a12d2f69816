"""Paths without characters of the shell.

Triton's Python backend (2.51) starts the process of each model by a line of the shell in which the paths of backend and repository
have no quotes: with a space or a bracket in either no model loads, while the server is ready.
"""
from __future__ import annotations

import re
import tempfile
from pathlib import Path

from .problem import Problem

PLAIN = re.compile(r"[\w./+@%:=,-]+", re.ASCII)


def is_plain(path: Path) -> bool:
    """Whether a shell takes the path as one word, as it is.

    >>> is_plain(Path("/data/models-1.0")), is_plain(Path("/data/my models")), is_plain(Path("/data/(old)"))
    (True, False, False)
    """
    return PLAIN.fullmatch(str(path)) is not None


def make_folder() -> Path:
    """A new folder with a plain path that every user may pass through."""
    for parent in (tempfile.gettempdir(), "/tmp", "/dev/shm"):
        if is_plain(Path(parent)) and Path(parent).is_dir():
            folder = Path(tempfile.mkdtemp(prefix="aiaa-triton-", dir=parent))
            folder.chmod(0o755)
            return folder
    raise Problem(f"Triton starts no model from a path with spaces or characters of the shell, and {tempfile.gettempdir()} has some, too: set TMPDIR to a folder without")
