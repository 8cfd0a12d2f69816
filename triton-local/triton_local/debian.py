"""System packages, where we may install them."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .problem import Problem


def install(packages: list[str]) -> None:
    """Installs Debian packages as root; otherwise tells the line to type."""
    line = "apt-get install -y " + " ".join(packages)
    if not shutil.which("apt-get"):
        raise Problem(f"Missing system packages: {' '.join(packages)}. Install them with this system's package manager.")
    if os.geteuid() != 0:
        raise Problem(f"Missing system packages. Type: sudo {line}")
    if not has_lists():
        run(["apt-get", "update"])
    run(line.split())


def has_lists() -> bool:
    """Whether apt has ever fetched its package lists."""
    return any(Path("/var/lib/apt/lists").glob("*_Packages*"))


def run(command: list[str]) -> None:
    print("  " + " ".join(command), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Problem(f"`{' '.join(command)}` failed:\n{done.stdout[-1500:]}")
