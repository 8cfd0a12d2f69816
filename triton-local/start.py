#!/usr/bin/env python3
"""Runs the local Triton in the foreground until a signal, or until the process that started it is gone.

    python3 triton-local/start.py [--grpc-port 0 --http-port 0 --metrics-port 0] [--ready-file FILE] …
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from triton_local import environment, machine, server
from triton_local.home import REPO, Home
from triton_local.problem import Problem
from triton_local.supervisor import Options, Supervisor


def parse_arguments(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-repository", type=Path, default=REPO / "triton-model-repo", help="created when missing")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    for name, port in (("http", 8000), ("grpc", 8001), ("metrics", 8002)):
        parser.add_argument(f"--{name}-port", type=int, default=port, help="0 picks a free one")
    parser.add_argument("--log-file", type=Path, help="Triton's log (default: triton.log in the home)")
    parser.add_argument("--ready-file", type=Path, help="JSON with pids and ports, there while the server is live")
    parser.add_argument("--outlive-parent", action="store_true", help="keep running when the starting process ends")
    parser.add_argument("--user", metavar="UID:GID", help="another user that Triton runs as; root alone can say so")
    parser.add_argument("--home", help="where it is installed (default: .cache/triton-local of this repository)")
    given = parser.parse_args(arguments)
    home = Home(given.home)
    return Options(
        home=home,
        repository=given.model_repository.absolute(),
        host=given.host,
        ports={"http": given.http_port, "grpc": given.grpc_port, "metrics": given.metrics_port},
        log=(given.log_file or home.log).absolute(),
        ready_file=given.ready_file.absolute() if given.ready_file else None,
        outlive_parent=given.outlive_parent,
        user=server.User(*map(int, given.user.split(":"))) if given.user else None,
    )


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    try:
        machine.check()
        if not environment.is_current(options.home) or not options.home.stamp(options.home.server):
            raise Problem(f"The local Triton is not installed in {options.home.root}. Run: npm run triton (or python3 triton-local/install.py)")
        return Supervisor(options).main()
    except (Problem, OSError) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
