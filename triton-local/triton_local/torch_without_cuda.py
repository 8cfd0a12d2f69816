"""Makes the torch of PyPI run on the CPU without the gigabytes of CUDA packages it asks for.

On Linux that wheel is linked against some 14 CUDA libraries of 2 GB in all; a wheel built for the CPU (`2.13.0+cpu`)
is only to be had where pip is pointed at PyTorch's own index, and then pip prefers it. For the other wheel:

- the CUDA runtime (2 MB) is installed, because its code runs while torch is imported;
- every other missing library becomes a link to a small library of torch itself. The loader is content with it,
  provided that functions are looked up when they are called (RTLD_LAZY, see `backends/shared/stand_in/frameworks.py`)
  – and nothing calls CUDA on a machine that reports no device.
"""
from __future__ import annotations

import re
from pathlib import Path

from . import environment
from .home import Home

#: The CUDA runtime that each pinned torch is linked against.
CUDA_RUNTIME = {"2.13.0": "nvidia-cuda-runtime==13.0.96", "2.8.0": "nvidia-cuda-runtime-cu12==12.8.90"}

#: Has no code and no symbol versions: a stand-in for any library that is never called.
EMPTY_LIBRARY = "libtorch_global_deps.so"


def complete(home: Home, folder: Path, version: str) -> None:
    """Supplies what the loader misses; does nothing for a wheel that was built for the CPU."""
    libraries = folder / "torch" / "lib"
    if not missing(libraries):
        return
    environment.pip(home.python, "install", "--no-deps", "--target", str(folder), CUDA_RUNTIME[version])
    for name in missing(libraries):
        (libraries / name).symlink_to(EMPTY_LIBRARY)


def missing(libraries: Path) -> set[str]:
    """Names of libraries that the loader would not find, for torch as a whole."""
    files = sorted(str(path) for path in libraries.glob("libtorch*.so"))
    return not_found(environment.run(["ldd", *files], "ldd"))


def not_found(listing: str) -> set[str]:
    """Reads the output of ldd.

    >>> not_found("libcudnn.so.9 => not found\\n libm.so.6 => /lib/libm.so.6 (0x7f)")
    {'libcudnn.so.9'}
    """
    return set(re.findall(r"(\S+) => not found", listing))
