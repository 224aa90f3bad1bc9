"""Finding living TensorBoard servers.

A server is known by its process alone: this user's, with TensorBoard's command line, and
a log folder that resolves, against that process's working folder, to the logs asked for.
TensorBoard's registry is never asked: its entries outlive their processes, and process
ids are used again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpexp.board.command_line import Flags, read_command_line
from hpexp.board.view import is_view_of
from hpexp.paths import LogsFolder

if TYPE_CHECKING:
    import psutil

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Server:
    """A living TensorBoard process of this user.

    `logdirs` are absolute and free of symlinks. `created` (seconds since the Unix epoch)
    tells the process from a later one with the same id. `address` and `port` are where
    it listens, None before it does.
    """

    pid: int
    created: float
    command: tuple[str, ...]
    logdirs: tuple[Path, ...]
    path_prefix: str = ""
    reload_interval: str = ""
    address: str | None = None
    port: int | None = None

    @property
    def url(self) -> str | None:
        """Where a browser on this machine finds it."""
        if self.address is None or self.port is None:
            return None
        return f"http://{_reachable(self.address)}:{self.port}{self.path_prefix}/"


def servers() -> list[Server]:
    """Every living TensorBoard server of this user, oldest first."""
    found = [server for pid in _candidates() if (server := identify(pid))]
    return sorted(found, key=lambda server: (server.created, server.pid))


def servers_of(logs: LogsFolder, experiment: str | None = None) -> list[Server]:
    """The servers whose log folder is these logs (or this experiment's), below them, or a view of them."""
    return [server for server in servers() if serves(server, logs, experiment)]


def serves(server: Server, logs: LogsFolder, experiment: str | None = None) -> bool:
    """Whether what the server shows are these logs (or this experiment's) or a part of them."""
    root = _real(logs.root)
    folder = root if experiment is None else _real(root / experiment)
    return any(
        logdir.is_relative_to(folder) or is_view_of(logdir, logs, experiment) for logdir in server.logdirs
    )


def serves_exactly(server: Server, folder: Path) -> bool:
    """Whether the server shows this folder and nothing else."""
    return server.logdirs == (_real(folder),)


def identify(pid: int) -> Server | None:
    """The TensorBoard server that this process is, or None."""
    import psutil

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            command = tuple(process.cmdline())
            flags = read_command_line(command)
            if flags is None or process.uids().real != os.getuid():
                return None
            address, port = _listens(process)
            return Server(
                pid,
                process.create_time(),
                command,
                _absolute(flags, process),
                flags.path_prefix,
                flags.reload_interval,
                address,
                port,
            )
    except psutil.Error:
        return None


def is_tensorboard(pid: int) -> bool:
    """Whether a living process with this id is a TensorBoard server, of whatever user."""
    import psutil

    try:
        return read_command_line(psutil.Process(pid).cmdline()) is not None
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def _candidates() -> Iterator[int]:
    """Processes with `tensorboard` somewhere in their command line."""
    if not _PROC.joinpath("self", "cmdline").exists():
        import psutil

        yield from psutil.pids()
        return
    # Reading /proc here spares a machine that runs no TensorBoard the import of psutil.
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if b"tensorboard" in (folder / "cmdline").read_bytes():
                    yield int(folder.name)


def _absolute(flags: Flags, process: psutil.Process) -> tuple[Path, ...]:
    """The log folders, resolved; a relative one is left out where the working folder is hidden."""
    import psutil

    try:
        folder = process.cwd()
    except psutil.Error:
        folder = ""
    return tuple(_real(Path(folder, path)) for path in flags.logdirs if folder or Path(path).is_absolute())


def _listens(process: psutil.Process) -> tuple[str | None, int | None]:
    import psutil

    try:
        connections = process.net_connections("tcp")
    except psutil.Error:
        return None, None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN:
            return connection.laddr.ip, connection.laddr.port
    return None, None


def _reachable(address: str) -> str:
    """What to dial for a listening address: a wildcard is reached through loopback."""
    if address == "0.0.0.0":
        return "127.0.0.1"
    if address == "::":
        return "[::1]"
    return f"[{address}]" if ":" in address else address


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
