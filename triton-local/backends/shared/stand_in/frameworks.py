"""Finds a framework that is installed on request, and the number of threads it may use."""
from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

from .config import ModelProblem


def load(backend: str, module: str):
    """Imports the framework of a backend from its own folder (see triton_local/frameworks.py)."""
    folder = Path(os.environ.get("TRITON_LOCAL_PACKAGES", "")) / backend
    if folder.is_dir() and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    flags = sys.getdlopenflags()
    if module == "torch":  # it may be linked against CUDA libraries that are not there; TensorFlow crashes when it is loaded like that
        sys.setdlopenflags(os.RTLD_LAZY)
    try:
        # A folder of that name somewhere on sys.path (our backend's own) is not the framework.
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ModelProblem(f"the local Triton has no {backend} backend: install it with `npm run triton -- --with {backend}`")
        return importlib.import_module(module)
    finally:
        sys.setdlopenflags(flags)


def cores() -> int:
    """Cores this process may use: the default number of threads inside one operator."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
