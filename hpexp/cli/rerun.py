"""`hpexp rerun`: train a stored run again and compare."""

from __future__ import annotations

import typer

from hpexp.cli.options import Json, Logs, RunName
from hpexp.errors import EXIT_FAILED
from hpexp.paths import DEFAULT_LOGS


def rerun(run: RunName, json: Json = False, logs: Logs = DEFAULT_LOGS) -> None:
    """Train a stored run again, storing nothing, and compare the numbers."""
    from hpexp import run as story
    from hpexp.console import output
    from hpexp.rerun import print_comparison, repeat

    with story.backend_for(story.RunOptions(logs=logs)) as backend:
        comparison = repeat(run, logs, backend)
    print_comparison(comparison, output(), as_json=json)
    if comparison.verdict == "different":
        raise typer.Exit(EXIT_FAILED)
