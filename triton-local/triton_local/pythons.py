"""Finds a Python whose shared library Triton's stub can load.

Triton's Python stub embeds an interpreter: it needs `libpython3.X.so.1.0` of the very minor it was
built for, which many distributions keep in a package of its own.
"""
from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import debian
from .machine import CONTAINER
from .pins import PYTHON_MINORS
from .problem import Problem

PROBE = """
import importlib.util as u, json, sys, sysconfig
v = sysconfig.get_config_vars()
d = [v.get("LIBDIR") or "", "/usr/lib/" + (v.get("MULTIARCH") or ""), sys.base_prefix + "/lib"]
print(json.dumps([list(sys.version_info[:3]), d, bool(u.find_spec("ensurepip") and u.find_spec("venv"))]))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter and what it lacks for our purpose."""

    path: str
    version: tuple[int, int, int]
    library_dir: str | None  # folder of libpython3.X.so.1.0
    has_venv: bool

    @property
    def minor(self) -> int:
        return self.version[1]

    @property
    def missing_packages(self) -> list[str]:
        """Debian packages that would complete this interpreter."""
        wanted = [] if self.library_dir else [f"libpython3.{self.minor}"]
        return wanted + ([] if self.has_venv else [f"python3.{self.minor}-venv"])


def library_name(minor: int) -> str:
    return f"libpython3.{minor}.so.1.0"


def probe(path: str) -> Python | None:
    """Asks an interpreter about itself; None when it does not run."""
    try:
        answer = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=20)
        version, folders, has_venv = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    library = library_name(version[1])
    found = next((folder for folder in folders if (Path(folder) / library).is_file()), None)
    return Python(path, tuple(version), found, has_venv)


def candidates() -> list[str]:
    """Paths worth probing, best first: the system's interpreters before those of a version manager."""
    paths = []
    for minor in PYTHON_MINORS:
        name = f"python3.{minor}"
        managed = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}"), reverse=True)
        paths += [f"/usr/bin/{name}", f"/usr/local/bin/{name}", shutil.which(name) or "", *map(str, managed)]
    return [path for path in dict.fromkeys(paths) if path and Path(path).is_file()]


def find() -> Python:
    """A usable Python; completes one with apt-get when that is possible, else says what to type."""
    incomplete = None
    for path in candidates():
        python = probe(path)
        if python is None or python.minor not in PYTHON_MINORS:
            continue
        if not python.missing_packages:
            return python
        # Packages of the distribution only help the distribution's own interpreter.
        if incomplete is None and path.startswith("/usr/bin/"):
            incomplete = python
    if incomplete is None:
        raise Problem(
            "No Python 3.9 to 3.12 with a shared library was found (looked in /usr/bin, PATH and pyenv). "
            f"Install one, for example: pyenv install 3.11 (with --enable-shared). {CONTAINER}"
        )
    debian.install(incomplete.missing_packages)
    completed = probe(incomplete.path)
    if completed is None or completed.missing_packages:
        raise Problem(f"{incomplete.path} still lacks {library_name(incomplete.minor)} or venv after installing packages.")
    return completed
