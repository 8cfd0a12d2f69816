"""The Python environment of the backends: numpy and onnxruntime, and pip for the rest."""
from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from . import processes, staging
from .home import Home
from .pins import NUMPY, ONNXRUNTIME
from .problem import Problem
from .pythons import Python

CHECK = "import numpy, onnxruntime; print(numpy.__version__, onnxruntime.__version__)"


def wanted(python: Python) -> dict:
    """The stamp of an up-to-date environment."""
    return {
        "python": ".".join(map(str, python.version)),
        "interpreter": python.path,
        "libraryDir": python.library_dir,
        "numpy": NUMPY,
        "onnxruntime": ONNXRUNTIME[python.minor],
    }


def is_current(home: Home) -> bool:
    """Whether the installed environment has the pinned versions and its Python still exists."""
    stamp = home.stamp(home.venv)
    if not stamp or stamp.get("numpy") != NUMPY:
        return False
    minor = int(stamp["python"].split(".")[1])
    library = Path(stamp["libraryDir"]) / f"libpython3.{minor}.so.1.0"
    return stamp["onnxruntime"] == ONNXRUNTIME.get(minor) and home.python.exists() and library.exists()


def install(home: Home, python: Python) -> None:
    """Creates the virtual environment."""
    stamp = wanted(python)
    print(f"Python {stamp['python']} ({python.path}): numpy {NUMPY}, onnxruntime {stamp['onnxruntime']}", flush=True)
    with staging.part(home, home.venv, stamp) as folder:
        run([python.path, "-m", "venv", str(folder)], "venv")
        interpreter = folder / "bin" / "python3"
        pip(interpreter, "install", f"numpy=={NUMPY}", f"onnxruntime=={stamp['onnxruntime']}")
        found = run([str(interpreter), "-c", CHECK], "checking the environment").split()
        if found != [NUMPY, stamp["onnxruntime"]]:
            raise Problem(f"Expected numpy {NUMPY} and onnxruntime {stamp['onnxruntime']}, found {' and '.join(found)}.")


def pip(interpreter: Path, *arguments: str) -> str:
    """Runs pip without questions; binary packages only, so that no compiler is needed."""
    action, *rest = arguments
    command = [str(interpreter), "-m", "pip", action, "--no-input", "--disable-pip-version-check", "--only-binary=:all:"]
    return run(command + rest, f"pip {' '.join(arguments)}")


def clean_environ() -> dict:
    """The process environment without what would make Python load foreign packages."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


def run(command: list[str], what: str) -> str:
    """Runs a helper to its end and returns what it printed. It does not outlive a killed installation."""
    done = subprocess.run(
        command,
        env={**clean_environ(), "PYTHONNOUSERSITE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: processes.die_with_parent(signal.SIGKILL),
    )
    if done.returncode != 0:
        raise Problem(f"{what} failed (exit code {done.returncode}):\n{done.stdout[-2000:]}")
    return done.stdout
