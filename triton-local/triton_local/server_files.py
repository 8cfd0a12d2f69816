"""The tritonserver tree, taken out of the wheel. Nothing of the wheel's own Python code is used."""
from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path

from . import environment, machine, staging
from .home import Home
from .pins import TRITON_VERSION, WHEEL, WHEEL_SHA256
from .problem import Problem

TREE = "pytriton/tritonserver/"
STUBS = TREE + "python_backend_stubs/"
LIBRARIES = "nvidia_pytriton.libs/"
STUB = "triton_python_backend_stub"


def wanted(minor: int) -> dict:
    """The stamp of an up-to-date server; the stub belongs to one Python minor."""
    return {"triton": TRITON_VERSION, "wheel": WHEEL, "sha256": WHEEL_SHA256[machine.architecture()], "stub": f"3.{minor}"}


def install(home: Home, minor: int) -> None:
    """Downloads, verifies and unpacks the server. Needs the virtual environment's pip."""
    print(f"Triton {TRITON_VERSION} from {WHEEL} (55 MB) …", flush=True)
    with tempfile.TemporaryDirectory(dir=home.root, prefix=staging.PREFIX) as downloads:
        environment.pip(home.python, "download", "--no-deps", "--dest", downloads, WHEEL)
        wheel = next(Path(downloads).glob("*.whl"))
        verify(wheel)
        with staging.part(home, home.server, wanted(minor)) as folder:
            unpack(wheel, folder, minor)


def verify(wheel: Path) -> None:
    """Refuses a wheel that is not the pinned one."""
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256[machine.architecture()]:
        raise Problem(f"{wheel.name} has sha256 {found}, expected {WHEEL_SHA256[machine.architecture()]}. Not installed.")


def destination(member: str, minor: int) -> str | None:
    """Where a file of the wheel goes, None when it is not needed.

    >>> destination("pytriton/tritonserver/python_backend_stubs/3.11/triton_python_backend_stub", 11)
    'pytriton/tritonserver/backends/python/triton_python_backend_stub'
    >>> destination("pytriton/triton.py", 11) is None
    True
    """
    if member.startswith(STUBS):
        return f"{TREE}backends/python/{STUB}" if member == f"{STUBS}3.{minor}/{STUB}" else None
    return member if member.startswith((TREE, LIBRARIES)) and not member.endswith("/") else None


def unpack(wheel: Path, folder: Path, minor: int) -> None:
    """Unpacks the needed files; the two programs become executable."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            target = destination(member, minor)
            if target is None:
                continue
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(member))
            path.chmod(0o755 if path.name in ("tritonserver", STUB) else 0o644)
