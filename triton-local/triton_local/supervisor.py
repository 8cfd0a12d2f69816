"""Starts one tritonserver, stays with it, and leaves nothing behind."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import processes, runs, server
from .guardian import Guardian
from .home import Home
from .pins import TRITON_VERSION
from .ports import choose
from .problem import Problem

POLL_SECONDS = 0.25
LIVE_SECONDS = 60
STOP_SECONDS = 10
LOG_BYTES = 20_000_000


@dataclass
class Options:
    """What the command line says."""

    home: Home
    repository: Path
    host: str
    ports: dict[str, int]  # http, grpc, metrics; 0 = any free one
    log: Path
    ready_file: Path | None
    outlive_parent: bool
    user: server.User | None  # this one unless given


class Supervisor:
    """One run, from start to clean-up."""

    def __init__(self, options: Options):
        self.options = options
        self.parent = os.getppid()
        self.stop_signal: int | None = None
        self.triton: subprocess.Popen | None = None
        self.run = runs.new_run(options.ready_file)

    def main(self) -> int:
        """Returns the exit code: 0 after a requested stop, 1 when the server ended by itself."""
        self.listen_for_signals()
        home = self.options.home
        runs.sweep_dead(home)
        self.options.repository.mkdir(parents=True, exist_ok=True)
        ports = choose(self.options.host, self.options.ports)
        links = runs.make_links_folder(home, self.run)
        runs.record(home, self.run)
        guardian = Guardian(home, self.run)
        try:
            self.launch(ports, links)
            if self.wait_until_live(ports["http"]):
                self.announce(ports)
            return self.stay()
        finally:
            self.clean_up()
            guardian.dismiss()

    def listen_for_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        if not self.options.outlive_parent:
            processes.die_with_parent(signal.SIGTERM)

    def on_signal(self, number: int, _frame: object) -> None:
        self.stop_signal = number

    def launch(self, ports: dict[str, int], links: Path) -> None:
        options = self.options
        backends = server.link_backends(options.home, links / "backends")
        repository = server.plain_repository(options.repository, links)
        line = server.command(options.home, repository, options.host, ports, backends, self.run["shmPrefix"])
        with open_log(options.log) as log:
            self.triton = server.spawn(options.home, line, log, options.user)
        self.run["tritonPid"] = self.triton.pid
        runs.record(options.home, self.run)

    def wait_until_live(self, http_port: int) -> bool:
        """True once the server answers; False when a stop was asked for first."""
        deadline = time.monotonic() + LIVE_SECONDS
        while not self.should_stop():
            if self.triton.poll() is not None:
                raise Problem(f"Triton ended at once (exit code {self.triton.returncode}). The end of {self.options.log}:\n{tail(self.options.log)}")
            if server.is_live(self.options.host, http_port):
                return True
            if time.monotonic() > deadline:
                raise Problem(f"Triton was not live after {LIVE_SECONDS} seconds. The end of {self.options.log}:\n{tail(self.options.log)}")
            time.sleep(0.02)
        return False

    def announce(self, ports: dict[str, int]) -> None:
        ready = {"pid": os.getpid(), "tritonPid": self.triton.pid, "host": self.options.host, **ports, "shmPrefix": self.run["shmPrefix"]}
        if self.options.ready_file:
            runs.write_atomically(self.options.ready_file, ready)
        print(f"Triton {TRITON_VERSION} is ready: grpc://{self.options.host}:{ports['grpc']}", flush=True)

    def should_stop(self) -> bool:
        orphaned = not self.options.outlive_parent and os.getppid() != self.parent
        return self.stop_signal is not None or orphaned

    def stay(self) -> int:
        """Waits for the end: a signal, the parent's death, or the server's own."""
        while not self.should_stop():
            try:
                code = self.triton.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise Problem(f"Triton ended by itself ({describe_exit(code)}); its stubs and shared memory were removed. Log: {self.options.log}")
        self.stop_server()
        return 0

    def stop_server(self) -> None:
        """SIGTERM lets running requests finish; after a while the rest is killed by clean_up()."""
        self.triton.terminate()
        try:
            self.triton.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"Triton did not stop within {STOP_SECONDS} seconds and is killed", file=sys.stderr, flush=True)

    def clean_up(self) -> None:
        runs.sweep(self.run)
        if self.triton:
            self.triton.wait()
        runs.forget(self.options.home, self.run)


def open_log(path: Path):
    """Appends to the log; a large one is put aside first, one generation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        os.replace(path, path.with_name(path.name + ".1"))
    return open(path, "ab")


def tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def describe_exit(code: int) -> str:
    """`exit code 1`, or the name of the signal.

    >>> describe_exit(-9)
    'killed by SIGKILL'
    """
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
