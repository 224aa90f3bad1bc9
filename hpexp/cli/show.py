"""`hpexp show`: one run."""

from __future__ import annotations

from hpexp.cli.options import Json, Logs, RunName
from hpexp.paths import DEFAULT_LOGS


def show(run: RunName, logs: Logs = DEFAULT_LOGS, json: Json = False) -> None:
    """Show one run: params, metrics, curves, what made it, its log."""
    from hpexp.console import output
    from hpexp.show import print_run

    print_run(logs, run, output(), as_json=json)
