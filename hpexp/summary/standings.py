"""The ranking of points as a table."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from hpexp import text
from hpexp.results.ranking import Place, Point, missing_words
from hpexp.results.runs import in_order, param_column
from hpexp.results.table import Column, fitting, print_table
from hpexp.shell import command
from hpexp.summary.facts import Facts
from hpexp.summary.lines import print_text
from hpexp.vocabulary import BALANCED

SHOWN_POINTS = 10


def print_ranking(facts: Facts, console: Console) -> None:
    """Print the best points, and how to see the others."""
    shown = facts.places[:SHOWN_POINTS]
    metric = facts.objective.metric
    axes = facts.columns.axes
    points = [place.point for place in shown]
    marks = [missing_words(point.lacking(metric)) for point in points]
    columns = [
        Column("#", list(map(rank_words, shown))),
        *(param_column(name, name, [point.runs[0] for point in points]) for name in axes),
        *([Column("n", [_n(point, metric) for point in points], 2)] if facts.seeds > 1 else []),
        *(
            Column(name, [spread_words(point, name) for point in points], _weight(name, metric))
            for name in in_order(facts.columns.metrics, metric)
            if name == metric or name.startswith("val_")
        ),
        *([Column("", marks, right=False, styles=["yellow"] * len(shown))] if any(marks) else []),
    ]
    print_table(fitting(columns, console.width)[0], console)
    rest = len(facts.places) - len(shown)
    if rest:
        others = command("results", facts.name, "--group-by", ",".join(axes), logs=facts.logs)
        more = f"and {rest} more: {others}"
        print_text(console, Text(more, "dim"))


def rank_words(place: Place) -> str:
    """`1`, `1=` where others share the rank, a dash where a run has no value."""
    if place.rank is None:
        return text.NOTHING
    return f"{place.rank}=" if place.tied else str(place.rank)


def spread_words(point: Point, metric: str) -> str:
    """`0.9123 ± 0.0045`."""
    found = point.metric(metric)
    return text.spread(found.mean, found.std) if found else text.NOTHING


def _n(point: Point, metric: str) -> str:
    return text.share(len(point.runs) - point.lacking(metric).total(), len(point.runs))


def _weight(name: str, metric: str) -> int:
    """Accuracies averaged over classes stay longer than other metrics beside the objective."""
    return 0 if name == metric else 1 if name.endswith(BALANCED) else 3
