#!/usr/bin/env python3
"""Installs a real Triton Inference Server for the CPU, without a container.

    python3 triton-local/install.py [--with pytorch,tensorflow] [--check] [--home DIR]

Safe to repeat and to kill: what is complete is kept, the rest is done again.
"""
from __future__ import annotations

import argparse
import sys

from triton_local import environment, frameworks, machine, pythons, server_files, staging
from triton_local.home import Home
from triton_local.problem import Problem


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--with", dest="frameworks", default="", metavar="NAMES", help="pytorch, tensorflow or both, with a comma")
    parser.add_argument("--check", action="store_true", help="install nothing; exit code 1 when something is missing")
    parser.add_argument("--home", help="where to install (default: .cache/triton-local of this repository)")
    options = parser.parse_args(arguments)
    options.frameworks = [name.strip() for name in options.frameworks.split(",") if name.strip()]
    unknown = set(options.frameworks) - set(frameworks.NAMES)
    if unknown:
        parser.error(f"--with knows {' and '.join(frameworks.NAMES)}, not {', '.join(sorted(unknown))}")
    return options


def missing_parts(home: Home, names: list[str]) -> list[str]:
    """What an installation would have to do, in order. Starts no process, so that `nothing` is fast."""
    if not environment.is_current(home):
        return ["environment", "server", *names]
    minor = installed_minor(home)
    missing = [] if home.stamp(home.server) == server_files.wanted(minor) else ["server"]
    return missing + [name for name in names if home.stamp(home.packages / name) != frameworks.wanted(name, minor)]


def installed_minor(home: Home) -> int:
    return int(home.stamp(home.venv)["python"].split(".")[1])


def install(home: Home, names: list[str]) -> None:
    """Brings every part up to date."""
    with staging.lock(home):
        missing = missing_parts(home, names)
        if "environment" in missing:
            environment.install(home, pythons.find())
            missing = missing_parts(home, names)
        minor = installed_minor(home)
        if "server" in missing:
            server_files.install(home, minor)
        for name in (name for name in missing if name in frameworks.NAMES):
            frameworks.install(home, name, minor)


def summary(home: Home) -> str:
    """One line: what is installed and where."""
    venv, server = home.stamp(home.venv), home.stamp(home.server)
    parts = [f"Triton {server['triton']}", f"Python {venv['python']}", f"numpy {venv['numpy']}", f"onnxruntime {venv['onnxruntime']}"]
    extras = [home.stamp(home.packages / name) for name in frameworks.NAMES]
    parts += [f"{extra['framework']} {extra['version']}" for extra in extras if extra]
    return f"{', '.join(parts)} in {home.root}"


def main(arguments: list[str]) -> int:
    options = parse_arguments(arguments)
    home = Home(options.home)
    try:
        machine.check()
        missing = missing_parts(home, options.frameworks)
        if options.check and missing:
            print(f"missing: {', '.join(missing)} (in {home.root})")
            return 1
        if missing:
            install(home, options.frameworks)
        print(summary(home))
        return 0
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; start it again to continue", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
