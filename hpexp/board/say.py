"""What `hpexp board` tells the person: where the board is and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hpexp.board.serve import Board
from hpexp.board.servers import Server
from hpexp.console import say, write_json
from hpexp.paths import PARTS
from hpexp.shell import command

MOST_SELECTED = 500
"""TensorBoard counts `train` and `validation` of one run as two."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the board was asked for. `browser` None opens one where there is one."""

    logs: Path
    experiment: str | None
    detach: bool = False
    browser: bool | None = None
    as_json: bool = False


def say_ready(board: Board, wishes: Wishes) -> None:
    """Print where the board is, and open a browser where it is wanted."""
    if wishes.as_json:
        write_json(board.as_json())
    else:
        say(_where(board, wishes))
        if (count := _runs_below(Path(board.logdir))) > MOST_SELECTED:
            say(
                f"TensorBoard selects no run by itself where there are more than {MOST_SELECTED}; here are"
                f" {count:,}\n--top N shows the best alone",
                error=True,
            )
    if _wants_browser(wishes):
        import webbrowser

        webbrowser.open(board.url)


def say_stopped(servers: Sequence[Server], logs: Path, *, as_json: bool) -> None:
    """Print which servers were stopped."""
    if as_json:
        write_json({"stopped": [server.pid for server in servers]})
    elif servers:
        say(
            "\n".join(
                f"stopped process {server.pid}, {server.url or 'not serving yet'}" for server in servers
            )
        )
    else:
        say(f"no TensorBoard shows {logs}")


def _where(board: Board, wishes: Wishes) -> str:
    stop = f"stop it with: {_stop_command(wishes)}"
    if board.reused:
        return f"{board.url} shows these logs already (process {board.pid})\n{stop}"
    if wishes.detach:
        return f"{board.url} goes on by itself (process {board.pid})\n{stop}"
    return f"{board.url} (Ctrl-C ends it)"


def _runs_below(folder: Path) -> int:
    return sum(name in PARTS for _, names, _ in os.walk(folder) for name in names)


def _stop_command(wishes: Wishes) -> str:
    names = [wishes.experiment] if wishes.experiment else []
    return command("board", *names, "--stop", logs=wishes.logs)


def _wants_browser(wishes: Wishes) -> bool:
    if wishes.browser is not None:
        return wishes.browser
    return not wishes.as_json and sys.stdout.isatty() and _has_browser()


def _has_browser() -> bool:
    """Whether a browser with a window can be opened: a text one would take the terminal over."""
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    import webbrowser

    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
