"""How tritonserver is called: its folders, flags and environment."""
from __future__ import annotations

import http.client
import os
import signal
import subprocess
from pathlib import Path
from typing import BinaryIO, NamedTuple

from . import environment, plain_paths, processes
from .home import REPO, Home

OUR_BACKENDS = REPO / "triton-local" / "backends"


class User(NamedTuple):
    uid: int
    gid: int


def link_backends(home: Home, folder: Path) -> Path:
    """A backend directory for one run: the wheel's python backend and ours, as links.

    Links, so that an edit in the repository needs no installation, and one folder per run, so that two
    checkouts that share a home do not see each other's.
    """
    folder.mkdir()
    sources = [home.triton / "backends" / "python", *OUR_BACKENDS.iterdir()]
    for source in sources:
        if (source / "model.py").is_file() or source.name == "python":
            (folder / source.name).symlink_to(source, target_is_directory=True)
    return folder


def plain_repository(repository: Path, links: Path) -> Path:
    """The repository by a path that Triton can start its models from."""
    if plain_paths.is_plain(repository):
        return repository
    link = links / "repository"
    link.symlink_to(repository, target_is_directory=True)
    return link


def command(home: Home, repository: Path, host: str, ports: dict[str, int], backends: Path, prefix: str) -> list[str]:
    """The command line. Flags newer than 2.51 (`--allow-client-shm`, `--http-max-input-size`) would be refused."""
    return [
        str(home.triton / "bin" / "tritonserver"),
        f"--model-repository={repository}",
        "--model-control-mode=explicit",
        f"--backend-directory={backends}",
        f"--cache-directory={home.triton / 'caches'}",
        "--allow-gpu-metrics=false",
        "--strict-readiness=false",
        "--exit-on-error=false",
        # Kept request objects keep the memory of the largest volume they ever held.
        "--grpc-infer-allocation-pool-size=0",
        f"--http-port={ports['http']}",
        f"--grpc-port={ports['grpc']}",
        f"--metrics-port={ports['metrics']}",
        f"--http-address={host}",
        f"--grpc-address={host}",
        f"--metrics-address={host}",
        f"--backend-config=python,shm-region-prefix-name={prefix}",
        # Importing TensorFlow twice on two busy cores can exceed the default of 30 seconds.
        "--backend-config=python,stub-timeout-seconds=120",
    ]


def environ(home: Home) -> dict:
    """The server's environment: its libraries, and the Python whose packages the stub shall see."""
    clean = environment.clean_environ()
    stamp = home.stamp(home.venv)
    libraries = [str(home.libraries), stamp["libraryDir"], clean.get("LD_LIBRARY_PATH", "")]
    return {
        **clean,
        "LD_LIBRARY_PATH": ":".join(filter(None, libraries)),
        "PATH": f"{home.venv / 'bin'}:{clean.get('PATH', '')}",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # a repository is served, never written to
        "TRITON_LOCAL_PACKAGES": str(home.packages),
    }


def spawn(home: Home, line: list[str], log: BinaryIO, user: User | None = None) -> subprocess.Popen:
    """Starts the server in a session of its own: a Ctrl-C in the terminal reaches the supervisor alone."""
    other = {"user": user.uid, "group": user.gid, "extra_groups": [], "cwd": "/"} if user else {}
    homes = {"HOME": "/tmp"} if user else {}

    def in_child() -> None:
        os.setsid()
        processes.die_with_parent(signal.SIGKILL)  # after the change of user, which takes this back

    environment_of_server = {**environ(home), **homes}
    return subprocess.Popen(line, env=environment_of_server, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=in_child, **other)


def is_live(host: str, port: int) -> bool:
    """Whether the server answers its liveness check."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/v2/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
