"""`hpexp doctor`: is this machine fit?"""

from __future__ import annotations

import typer

from hpexp.cli.options import Json, Logs
from hpexp.errors import EXIT_FAILED
from hpexp.paths import DEFAULT_LOGS


def doctor(logs: Logs = DEFAULT_LOGS, json: Json = False) -> None:
    """Check Python, packages, GPU, limits, disk, TensorBoard leftovers and the run store."""
    from hpexp.console import output
    from hpexp.doctor import examine, healthy, print_checks

    checks = examine(logs)
    print_checks(checks, output(), as_json=json)
    if not healthy(checks):
        raise typer.Exit(EXIT_FAILED)
