"""`hpexp results`: what the runs came to."""

from __future__ import annotations

from typing import Annotated

import typer

from hpexp.cli.options import DEFAULT_LOGS, ExperimentName, Logs


def results(
    experiment: ExperimentName = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Sort by a column; -COLUMN for falling.", show_default=False)
    ] = None,
    top: Annotated[int | None, typer.Option("--top", "-n", min=1, help="Only the first N rows.", show_default=False)] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="CONDITION", help='Only rows with "learning_rate>0.01". Repeatable.', show_default=False),
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option("--group-by", metavar="PARAM,…", help="One row per value, mean ± std.", show_default=False),
    ] = None,
    format_: Annotated[str, typer.Option("--format", "-f", metavar="table|json|csv|md", help="How to print.")] = "table",
    logs: Logs = DEFAULT_LOGS,
) -> None:
    """Print stored runs: sort, filter, group, export."""
    from hpexp.cli.terminal import output
    from hpexp.results import Query, print_results

    query = Query(sort=sort, top=top, where=tuple(where or ()), group_by=tuple(group_by.split(",") if group_by else ()))
    print_results(logs, experiment, query, format_, output())
