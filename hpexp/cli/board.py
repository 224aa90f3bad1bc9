"""`hpexp board`: TensorBoard on these logs."""

from __future__ import annotations

from typing import Annotated

import typer

from hpexp.cli.options import ExperimentName, Json, Logs
from hpexp.paths import DEFAULT_LOGS

Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="This port and no other; 0 for any.",
        show_default="the first free one from 6006 on",
    ),
]
Host = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; 0.0.0.0 opens it to the network.")
]
Top = Annotated[
    int | None,
    typer.Option("--top", "-n", min=1, help="Only the N best runs of each experiment.", show_default=False),
]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Leave it running and return.")]
Open = Annotated[
    bool | None,
    typer.Option("--open/--no-open", help="Open a browser.", show_default="where there is one"),
]
Stop = Annotated[bool, typer.Option("--stop", help="Stop every TensorBoard of these logs instead.")]


def board(
    experiment: ExperimentName = None,
    port: Port = None,
    host: Host = "127.0.0.1",
    top: Top = None,
    detach: Detach = False,
    open_: Open = None,
    stop: Stop = False,
    logs: Logs = DEFAULT_LOGS,
    json: Json = False,
) -> None:
    """Open TensorBoard on these logs; it ends with Ctrl-C.

    A TensorBoard that already shows these logs is used again.
    """
    from hpexp import board as boards
    from hpexp.board.say import Wishes, say_ready, say_stopped
    from hpexp.paths import LogsFolder

    folder = LogsFolder(logs)
    if stop:
        say_stopped(boards.stop_boards(folder, experiment), logs, as_json=json)
        return
    shown = boards.board_folder(folder, experiment)
    if top is not None:
        shown = boards.best_runs(folder, experiment, top)
    wishes = Wishes(logs, experiment, detach=detach, browser=open_, as_json=json)
    boards.open_board(
        boards.Asked(shown.absolute(), host, port), lambda board: say_ready(board, wishes), detach=detach
    )
