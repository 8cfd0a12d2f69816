"""Ports: free ones on request, a clear word when a wanted one is taken."""
from __future__ import annotations

import socket

from .problem import Problem


def choose(host: str, wanted: dict[str, int]) -> dict[str, int]:
    """Replaces each 0 by a free port and makes sure that the others can be bound.

    All sockets stay open until every port is known, so no two names get the same one.
    """
    held, chosen = [], {}
    try:
        for name, port in wanted.items():
            held.append(bind(host, name, port))
            chosen[name] = held[-1].getsockname()[1]
    finally:
        for handle in held:
            handle.close()
    return chosen


def bind(host: str, name: str, port: int) -> socket.socket:
    handle = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # As Triton does: a port whose last connection still lingers is free.
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        handle.bind((host, port))
        handle.listen(1)
    except OSError as error:
        handle.close()
        raise Problem(
            f"Port {port} on {host} cannot be used for {name}: {error.strerror}. "
            f"Stop what listens there (another Triton?) or choose another with --{name}-port (0 = any free one)."
        ) from error
    return handle
