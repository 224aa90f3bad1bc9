"""Several experiments at a glance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from hpexp import text
from hpexp.model import FAILURES, Objective
from hpexp.results.data import baseline, data_of
from hpexp.results.ranking import as_told, first_of, points_of, ranking
from hpexp.results.table import Column
from hpexp.results.wording import also, described
from hpexp.store import StoredExperiment, StoredRun


def overview(experiments: Sequence[StoredExperiment], runs: Sequence[StoredRun]) -> list[Column]:
    """One row an experiment: how many runs, how they ended, the best point."""
    of = defaultdict(list)
    for run in runs:
        of[run.experiment].append(run)
    objectives = [as_told(each.objective, of[each.name]) for each in experiments]
    best = [_best(each, of[one.name]) for one, each in zip(experiments, objectives, strict=True)]
    constants = [_baseline(each, of[one.name]) for one, each in zip(experiments, objectives, strict=True)]
    failed = [sum(each.counts.get(status, 0) for status in FAILURES) for each in experiments]
    done = [sum(count for status, count in each.counts.items() if status.finished) for each in experiments]
    return [
        Column("experiment", [each.name for each in experiments], right=False),
        Column("runs", [str(len(of[each.name])) for each in experiments]),
        Column("done", list(map(str, done))),
        Column("failed", list(map(str, failed)), styles=["red" if count else "" for count in failed]),
        Column("objective", [each.metric for each in objectives], weight=2, right=False),
        Column("best", [value for value, _ in best]),
        Column("baseline", constants, weight=1),
        Column("best point", [name for _, name in best], weight=3, right=False),
        Column("last run", [_when(each.updated) for each in experiments], weight=4, right=False),
    ]


def _best(objective: Objective, runs: Sequence[StoredRun]) -> tuple[str, str]:
    """The value and the settings of the best point; of the first where several tie."""
    places = ranking(points_of(runs), objective)
    point = first_of(places)
    found = point.metric(objective.metric) if point else None
    if point is None or found is None:
        return text.NOTHING, text.NOTHING
    return text.spread(found.mean, found.std), described(point) + also(places[0].tied)


def _baseline(objective: Objective, runs: Sequence[StoredRun]) -> str:
    found = baseline(data_of(runs), objective.metric, runs)
    return text.number(found.value if found else None)


def _when(time: float) -> str:
    return datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M")
