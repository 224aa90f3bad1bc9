"""`hpexp results`: what the runs came to."""

from __future__ import annotations

from typing import Annotated

import typer

from hpexp.cli.options import ExperimentName, Logs
from hpexp.paths import DEFAULT_LOGS

Sort = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Sort by a column; -COLUMN for falling.", show_default=False),
]
Top = Annotated[
    int | None, typer.Option("--top", "-n", min=1, help="Only the first N rows.", show_default=False)
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONDITION", help="Only rows with learning_rate>0.01. Repeatable.", show_default=False
    ),
]
GroupBy = Annotated[
    str | None,
    typer.Option(metavar="PARAM,…", help="One row per value, mean ± std.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="Also runs that the last hpexp run did not ask for.")]
Format = Annotated[str, typer.Option("--format", "-f", metavar="table|json|csv|md", help="How to print.")]


def results(
    experiment: ExperimentName = None,
    sort: Sort = None,
    top: Top = None,
    where: Where = None,
    group_by: GroupBy = None,
    format_: Format = "table",
    all_: All = False,
    logs: Logs = DEFAULT_LOGS,
) -> None:
    """Print stored runs: sort, filter, group, export."""
    from hpexp.console import output
    from hpexp.results import Query, print_results

    groups = tuple(name.strip() for name in group_by.split(",")) if group_by else ()
    query = Query(sort=sort, top=top, where=tuple(where or ()), group_by=groups)
    print_results(logs, experiment, query, format_, output(), all_=all_)
