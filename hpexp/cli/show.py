"""`hpexp show`: one run."""

from __future__ import annotations

from typing import Annotated

import typer

from hpexp.cli.options import DEFAULT_LOGS, Json, Logs

RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="The start of a run's id, its name, or EXPERIMENT/NAME.", show_default=False
    ),
]


def show(run: RunName, logs: Logs = DEFAULT_LOGS, json: Json = False) -> None:
    """Show one run: params, metrics, curves, what made it, its log."""
    from hpexp.cli.terminal import output
    from hpexp.show import print_run

    print_run(logs, run, output(), as_json=json)
