"""Which port to serve on, and who holds one that is taken."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from hpexp.errors import BoardError, UsageError

DEFAULT_PORT = 6006
WILDCARDS = frozenset({"0.0.0.0", "::"})
_TRIED = 100


def usable_ports(host: str, port: int | None) -> Iterator[int]:
    """Free ports to try in turn: the one asked for, or those from 6006 on.

    Port 0 gives one that the system picks.

    Raises:
        BoardError: the port asked for is taken (names the holder), or none is free.
        UsageError: this machine has no such address.
    """
    if port is not None:
        if not _free(host, port):
            raise BoardError(f"port {port} is taken by {holder_of(port)}", hint=_ELSEWHERE)
        yield port or _any(host)
        return
    for number in range(DEFAULT_PORT, DEFAULT_PORT + _TRIED):
        if _free(host, number):
            yield number
    last = DEFAULT_PORT + _TRIED - 1
    raise BoardError(f"ports {DEFAULT_PORT} to {last} are all taken", hint="--port 0 takes any free port")


_ELSEWHERE = "without --port, hpexp takes the next free one"


def addresses(host: str) -> frozenset[str]:
    """The addresses that a host's name stands for."""
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()


def holder_of(port: int) -> str:
    """The process that listens on a port, in words."""
    import psutil

    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return "another process"
    for connection in connections:
        # The local address is an empty tuple where there is none.
        here = getattr(connection.laddr, "port", None)
        if connection.status == psutil.CONN_LISTEN and here == port and connection.pid:
            try:
                command = " ".join(psutil.Process(connection.pid).cmdline())
            except psutil.Error:
                command = "its command is hidden"
            return f"process {connection.pid} ({command})"
    return "a process of another user"


def _free(host: str, port: int) -> bool:
    try:
        with _bound(host, port):
            return True
    except PermissionError:
        raise BoardError(f"port {port} needs root's rights", hint=_ELSEWHERE) from None
    except OverflowError:
        raise UsageError(f"--port {port}: ports go from 0 to 65535") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        reason = error.strerror or str(error)
        raise UsageError(f"--host {host}: cannot serve there: {reason}") from None


def _any(host: str) -> int:
    with _bound(host, 0) as listener:
        return int(listener.getsockname()[1])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # As TensorBoard does: a port whose last connections are still closing is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Binding alone succeeds beside another socket that is bound and not yet listening.
        listener.listen(1)
    except BaseException:
        listener.close()
        raise
    return listener
