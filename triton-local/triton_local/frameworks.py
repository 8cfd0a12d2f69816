"""PyTorch and TensorFlow, installed on request, each in a folder of its own.

The folders are not part of the virtual environment: a backend puts its own in front of `sys.path`.
So they cannot disturb each other or numpy, and removing one is deleting a folder.
"""
from __future__ import annotations

import shutil
from pathlib import Path

from . import environment, staging, torch_without_cuda
from .home import Home
from .pins import NUMPY, TENSORFLOW, TORCH
from .problem import Problem

#: What torch imports at run time on the CPU, without the CUDA packages its metadata asks for.
TORCH_NEEDS = ("filelock", "typing-extensions", "sympy", "mpmath", "networkx", "jinja2", "MarkupSafe", "fsspec")

NAMES = ("pytorch", "tensorflow")


def wanted(name: str, minor: int) -> dict:
    """The stamp of an up-to-date framework folder."""
    versions = {"pytorch": TORCH, "tensorflow": TENSORFLOW}[name]
    return {"framework": name, "version": versions[minor], "python": f"3.{minor}", "numpy": NUMPY}


def install(home: Home, name: str, minor: int) -> None:
    """Installs one framework beside the environment and checks that it imports there."""
    stamp = wanted(name, minor)
    print(f"{name} {stamp['version']} …", flush=True)
    with staging.part(home, home.packages / name, stamp) as folder:
        {"pytorch": install_torch, "tensorflow": install_tensorflow}[name](home, folder, stamp["version"])
        remove_numpy(folder)
        check(home, folder, {"pytorch": "torch", "tensorflow": "tensorflow"}[name])


def install_torch(home: Home, folder: Path, version: str) -> None:
    environment.pip(home.python, "install", "--no-deps", "--target", str(folder), f"torch=={version}", *TORCH_NEEDS)
    torch_without_cuda.complete(home, folder, version)


def install_tensorflow(home: Home, folder: Path, version: str) -> None:
    environment.pip(home.python, "install", "--target", str(folder), f"tensorflow-cpu=={version}", f"numpy=={NUMPY}")


def remove_numpy(folder: Path) -> None:
    """The environment's numpy is the only one: Triton's stub has loaded it before any backend runs."""
    for copy in [folder / "numpy", folder / "numpy.libs", *folder.glob("numpy-*.dist-info")]:
        shutil.rmtree(copy, ignore_errors=True)


def check(home: Home, folder: Path, module: str) -> None:
    """Imports the framework as a backend would, and runs one operator."""
    operator = {"torch": "torch.ones(2) @ torch.ones(2)", "tensorflow": "tensorflow.ones(2) * 2"}[module]
    # Torch may be linked against CUDA libraries that are not there; TensorFlow crashes when it is loaded like that.
    lazy = "sys.setdlopenflags(os.RTLD_LAZY); " if module == "torch" else ""
    code = f"import os, sys; sys.path.insert(0, sys.argv[1]); {lazy}import {module}, numpy; {operator}; print(numpy.__version__)"
    numpy = environment.run([str(home.python), "-c", code, str(folder)], f"importing {module}").split()[-1]
    if numpy != NUMPY:
        raise Problem(f"{module} came with numpy {numpy}, expected {NUMPY}.")
