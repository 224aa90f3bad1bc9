"""The story of `hpexp board`: reuse a server of these logs or start one, then stay with it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from hpexp.board.answer import shown_logdir
from hpexp.board.ports import WILDCARDS, addresses
from hpexp.board.servers import Server, servers, servers_of, serves_exactly
from hpexp.board.start import LOOPBACK, Asked, Child, start
from hpexp.board.stop import stop
from hpexp.errors import BoardError, UsageError
from hpexp.paths import LogsFolder
from hpexp.shell import command


@dataclass(frozen=True, slots=True)
class Board:
    """A TensorBoard that answers. `reused` tells that it was there before."""

    url: str
    port: int
    pid: int
    logdir: str
    reused: bool

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def board_folder(logs: LogsFolder, experiment: str | None) -> Path:
    """The folder to show.

    Raises:
        UsageError: there is none.
    """
    refuse_path(experiment)
    folder = logs.root if experiment is None else logs.experiment(experiment)
    if not folder.is_dir():
        hint = (
            f"these are there: {', '.join(names)}"
            if (names := _names(logs))
            else f"{command('run', 'CONFIG', logs=logs.root)} makes some"
        )
        raise UsageError(f"there are no logs at {folder}", hint=hint)
    return folder


def refuse_path(experiment: str | None) -> None:
    """Refuse an experiment's name that leads to another folder.

    Raises:
        UsageError: it does.
    """
    if experiment is not None and (experiment in ("", ".", "..") or experiment != Path(experiment).name):
        raise UsageError(f"{experiment!r} is not an experiment's name")


def open_board(asked: Asked, ready: Callable[[Board], None], *, detach: bool = False) -> None:
    """Reuse or start a board, tell `ready` where it is, and stay until it or this process ends.

    A board that was there already, or that is detached, is left running. Ctrl-C, SIGTERM
    and a closing terminal end a board that was started here.

    Raises:
        BoardError: TensorBoard could not be started, or ended by itself with an error.
    """
    if there := find_board(asked):
        ready(there)
        return
    with _ending_signals_as_interrupt():
        child = start(asked, tethered=not detach)
        if detach:
            ready(_board(child.server, asked, reused=False))
            child.leave()
            return
        try:
            ready(_board(child.server, asked, reused=False))
            code = child.wait()
        except KeyboardInterrupt:
            return
        finally:
            child.stop()
    _complain_of(child, code)


def stop_boards(logs: LogsFolder, experiment: str | None = None) -> list[Server]:
    """Stop every server of these logs (or of this experiment's); returns them.

    Raises:
        UsageError: `experiment` is not a name.
    """
    refuse_path(experiment)
    return stop(servers_of(logs, experiment))


def find_board(asked: Asked) -> Board | None:
    """A server of exactly this folder that answers and is what was asked for."""
    for server in servers():
        if serves_exactly(server, asked.logdir) and _fits(server, asked):
            shown = shown_logdir(server.url) if server.url else None
            if shown is not None:
                return _board(server, asked, reused=True)
    return None


def _fits(server: Server, asked: Asked) -> bool:
    interval = f"{asked.reload_interval:g}" if asked.reload_interval is not None else None
    return (
        (asked.port is None or asked.port == server.port)
        and (asked.host == LOOPBACK or server.address in addresses(asked.host) | WILDCARDS)
        and (interval is None or interval == server.reload_interval)
    )


def _board(server: Server, asked: Asked, *, reused: bool) -> Board:
    assert server.url is not None
    assert server.port is not None
    return Board(server.url, server.port, server.pid, str(asked.logdir), reused)


def _complain_of(child: Child, code: int) -> None:
    if code:
        words = child.last_words
        raise BoardError(
            f"TensorBoard ended with exit code {code}" + (f"; it printed:\n{words}" if words else "")
        )


def _names(logs: LogsFolder) -> list[str]:
    try:
        return sorted(
            folder.name for folder in logs.root.iterdir() if folder.is_dir() and folder.name[0] != "."
        )
    except OSError:
        return []


@contextmanager
def _ending_signals_as_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt too, so that they end the child first.

    So does SIGINT where a shell that runs this in the background has it ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
