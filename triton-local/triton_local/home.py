"""Where the local Triton lives on disk, and how one sees what is installed.

    <home>/venv/                 Python with numpy and onnxruntime
    <home>/server/               the tritonserver tree and its shared libraries
    <home>/packages/<backend>/   frameworks that are installed on request
    <home>/runs/                 one record per running (or crashed) server

Each part holds a `stamp.json` that is written before the part is renamed into place:
a part with the wanted stamp is complete, whatever was killed when.
"""
from __future__ import annotations

import json
import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
STAMP = "stamp.json"


def default_home() -> Path:
    """`<cache>/triton-local`, the cache being AIAA_CACHE or `<repo>/.cache`."""
    return Path(os.environ.get("AIAA_CACHE") or REPO / ".cache") / "triton-local"


class Home:
    """The folders of one installation."""

    def __init__(self, root: str | os.PathLike | None = None):
        self.root = Path(root or default_home()).expanduser().absolute()
        self.venv = self.root / "venv"
        self.python = self.venv / "bin" / "python3"
        self.server = self.root / "server"
        self.triton = self.server / "pytriton" / "tritonserver"
        self.libraries = self.server / "nvidia_pytriton.libs"
        self.packages = self.root / "packages"
        self.runs = self.root / "runs"
        self.log = self.root / "triton.log"

    def stamp(self, part: Path) -> dict | None:
        """What is installed in a part, or None when the part is missing or unreadable."""
        try:
            return json.loads((part / STAMP).read_text())
        except (OSError, ValueError):
            return None
