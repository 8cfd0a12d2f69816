#!/usr/bin/env python3
"""Stands where NVIDIA's image has `tritonserver`: the real program of triton-local/, with the flags that it is given and this machine's backends."""
import os
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(root / "triton-local"))

from triton_local import server  # noqa: E402
from triton_local.home import Home  # noqa: E402

home = Home(None)
backends = Path(tempfile.mkdtemp(prefix="backends-"))
for source in [home.triton / "backends" / "python", *server.OUR_BACKENDS.iterdir()]:
    (backends / source.name).symlink_to(source, target_is_directory=True)
local = [
    f"--backend-directory={backends}",
    "--allow-gpu-metrics=false",
    f"--backend-config=python,shm-region-prefix-name=start_aas_{os.getpid()}",
    "--backend-config=python,stub-timeout-seconds=120",
]
os.execve(home.triton / "bin" / "tritonserver", ["tritonserver", *sys.argv[1:], *local], server.environ(home))
