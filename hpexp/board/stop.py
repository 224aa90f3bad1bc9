"""Ending processes: TERM to all, one shared deadline, KILL to the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hpexp.board.servers import Server

if TYPE_CHECKING:
    import psutil

DEADLINE = 5.0
"""Seconds from TERM to KILL; TensorBoard needs a few tenths."""


def stop(servers: Iterable[Server], *, deadline: float = DEADLINE) -> list[Server]:
    """End these servers with their data servers; returns those that were still there.

    A process id that has been given to another process since is left alone.
    """
    stopped: list[Server] = []
    doomed: list[psutil.Process] = []
    for server in servers:
        process = living(server.pid, server.created)
        if process is not None:
            stopped.append(server)
            doomed += [process, *_data_servers(process)]
    end(doomed, deadline=deadline)
    return stopped


def living(pid: int, created: float) -> psutil.Process | None:
    """The process that had this id then, if it still lives."""
    import psutil

    try:
        process = psutil.Process(pid)
        return process if process.create_time() == created else None
    except psutil.Error:
        return None


def end(processes: Sequence[psutil.Process], *, deadline: float) -> None:
    """TERM, wait up to `deadline` seconds for all together, KILL what is left."""
    import psutil

    for process in processes:
        _quietly(process.terminate)
    _, left = psutil.wait_procs(processes, timeout=deadline)
    for process in left:
        _quietly(process.kill)
    psutil.wait_procs(left, timeout=deadline)


def _data_servers(process: psutil.Process) -> list[psutil.Process]:
    """TensorBoard's data server outlives a TensorBoard that hangs."""
    import psutil

    try:
        return [child for child in process.children() if "tensorboard_data_server" in child.cmdline()[0]]
    except (psutil.Error, IndexError):
        return []


def _quietly(signal: object) -> None:
    import psutil

    assert callable(signal)
    try:
        signal()
    except psutil.Error:
        return
