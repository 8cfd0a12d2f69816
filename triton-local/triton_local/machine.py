"""Can this machine run the Triton of the wheel at all?"""
from __future__ import annotations

import os
import platform
import sys

from .pins import WHEEL_SHA256
from .problem import Problem

MINIMUM_GLIBC = (2, 35)
CONTAINER = "Run Triton in a container instead: docker compose --profile cpu up"


def architecture() -> str:
    """The machine's name in wheel tags: `x86_64` or `aarch64`."""
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine())


def glibc() -> tuple[int, ...] | None:
    """The C library's version, None when it is not glibc (Alpine's musl, for example)."""
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
    except (AttributeError, ValueError, OSError):
        return None
    return tuple(int(part) for part in version.split(".")[:2]) if name == "glibc" else None


def check() -> None:
    """Raises a Problem that names what is missing."""
    system = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
    if system != "linux":
        raise Problem(f"The local Triton needs Linux, this is {system}. {CONTAINER}")
    if architecture() not in WHEEL_SHA256:
        raise Problem(f"The local Triton needs x86_64 or aarch64, this is {architecture()}. {CONTAINER}")
    found = glibc()
    if found is None or found < MINIMUM_GLIBC:
        have = "another C library" if found is None else "glibc %d.%d" % found
        raise Problem(f"The local Triton needs glibc 2.35 or newer (Debian 12, Ubuntu 22.04), this has {have}. {CONTAINER}")
