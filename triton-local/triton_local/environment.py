"""The Python environment of the backends: numpy and onnxruntime, and pip for the rest."""
from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
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
        # onnxruntime may have said something before.
        found = run([str(interpreter), "-c", CHECK], "checking the environment").splitlines()[-1].split()
        if found != [NUMPY, stamp["onnxruntime"]]:
            raise Problem(f"Expected numpy {NUMPY} and onnxruntime {stamp['onnxruntime']}, found {' and '.join(found)}.")


def pip(interpreter: Path, *arguments: str) -> str:
    """Runs pip without questions; binary packages only, so that no compiler is needed."""
    action, *rest = arguments
    command = [str(interpreter), "-m", "pip", action, "--no-input", "--disable-pip-version-check", "--only-binary=:all:"]
    silent: list[str] = []

    def listen(line: str) -> None:
        why = why_silent(line)
        if why and not silent:
            print(f"pip's package index does not answer ({why}); it is asked again …", flush=True)
        silent.extend([why] if why else [])

    try:
        return run(command + rest, f"pip {' '.join(arguments)}", listen)
    except Problem as problem:
        if not silent:
            raise
        raise Problem(
            f"The packages of the local Triton cannot be fetched: pip's index does not answer ({silent[-1]}). They are needed once. "
            "Behind a proxy: export https_proxy=http://HOST:PORT; with a mirror: export PIP_INDEX_URL=URL; without any network: "
            "carry over a folder where npm run demo has run (docs/guides/air-gapped.md)"
        ) from problem


def why_silent(line: str) -> str | None:
    """The reason in pip's warning that it connects again.

    >>> why_silent("WARNING: Retrying (Retry(total=4)) after connection broken by 'E(<c at 0x7f>: Failed: [Errno -3] Temporary failure')': /simple/numpy/")
    '[Errno -3] Temporary failure'
    >>> why_silent("Collecting numpy")
    """
    found = re.search(r"Retrying \(.* after connection broken by '(.*)': ", line)
    return found and found[1].split(": ")[-1].strip("'\")")


def clean_environ() -> dict:
    """The process environment without what would make Python load foreign packages, or onnxruntime report to its maker."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    return {**kept, "ORT_DISABLE_TELEMETRY": "1"}


def run(command: list[str], what: str, listen: Callable[[str], None] = lambda line: None) -> str:
    """Runs a helper to its end and returns what it printed; `listen` hears each line at once. It does not outlive a killed installation."""
    child = subprocess.Popen(
        command,
        env={**clean_environ(), "PYTHONNOUSERSITE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: processes.die_with_parent(signal.SIGKILL),
    )
    printed = ""
    with child:
        for line in child.stdout:
            printed += line
            listen(line)
    if child.returncode != 0:
        raise Problem(f"{what} failed (exit code {child.returncode}):\n{printed[-2000:]}")
    return printed
