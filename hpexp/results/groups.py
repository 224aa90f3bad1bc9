"""`--group-by`: one row for each combination of values, with mean and spread over the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from hpexp import text
from hpexp.errors import UsageError
from hpexp.model import Objective
from hpexp.results.columns import Columns, unknown
from hpexp.results.query import ordered
from hpexp.results.ranking import Point, Spread
from hpexp.results.runs import finite, in_order
from hpexp.results.table import Column, as_csv
from hpexp.store import StoredRun

Row: TypeAlias = tuple[tuple[Any, ...], Point]
"""The values that the runs of a point share, and the point."""

_COUNTS: dict[str, Callable[[Point], int]] = {
    "n": lambda point: point.ranked,
    "diverged": lambda point: point.diverged,
    "failed": lambda point: point.failures,
}


class Groups:
    """Rows of runs that share the values of `names`. Means are over runs that have a rank."""

    def __init__(self, runs: Sequence[StoredRun], columns: Columns, names: Sequence[str]) -> None:
        getters = [columns.get(name) for name in names]
        grouped: defaultdict[tuple[Any, ...], list[StoredRun]] = defaultdict(list)
        for run in runs:
            grouped[tuple(get(run) for get in getters)].append(run)
        self.names = list(names)
        self.metrics = columns.metrics
        self.rows: list[Row] = [(values, Point(tuple(members))) for values, members in grouped.items()]

    def sort(self, by: str | None, objective: Objective | None) -> None:
        """In the order of a column, else best mean of the objective first.

        Raises:
            UsageError: there is no such column.
        """
        if by is None:
            if objective is None or objective.metric not in self.metrics:
                return
            by = ("-" if objective.mode == "max" else "") + objective.metric
        get = self._getter(by.removeprefix("-"))
        self.rows = ordered(self.rows, get, falling=by.startswith("-"))

    def _getter(self, name: str) -> Callable[[Row], Any]:
        if name in self.names:
            place = self.names.index(name)
            return lambda row: row[0][place]
        if name in _COUNTS:
            return lambda row: _COUNTS[name](row[1])
        if name in self.metrics:
            return lambda row: _mean(row[1], name)
        raise unknown(name, [*self.names, *_COUNTS, *self.metrics])

    def table(self, objective: str | None) -> list[Column]:
        points = [point for _, point in self.rows]
        return [
            *(
                Column(
                    name, [text.param(values[place]) for values, _ in self.rows], right=self._numeric(place)
                )
                for place, name in enumerate(self.names)
            ),
            *(
                Column(name, [str(count(point)) for point in points], weight=0 if name == "n" else 1)
                for name, count in _COUNTS.items()
                if name == "n" or any(map(count, points))
            ),
            *(
                Column(
                    name,
                    [_spread(point, name) for point in points],
                    weight=0 if name == objective else 2 if name.startswith("val_") else 3,
                )
                for name in in_order(self.metrics, objective)
            ),
        ]

    def _numeric(self, place: int) -> bool:
        return any(isinstance(values[place], int | float) for values, _ in self.rows)

    def csv(self) -> str:
        titles = [
            *self.names,
            *_COUNTS,
            *(f"{name}_{part}" for name in self.metrics for part in ("mean", "std")),
        ]
        rows = []
        for values, point in self.rows:
            row: list[object] = [*map(text.param, values), *(count(point) for count in _COUNTS.values())]
            for name in self.metrics:
                found = point.metric(name)
                row += [found.mean, found.std] if found else [None, None]
            rows.append(row)
        return as_csv(titles, rows)

    def dicts(self) -> list[dict[str, Any]]:
        return [
            {
                "group": dict(zip(self.names, values, strict=True)),
                **{name: count(point) for name, count in _COUNTS.items()},
                "metrics": {name: spread_dict(point.metric(name)) for name in self.metrics},
            }
            for values, point in self.rows
        ]


def spread_dict(found: Spread | None) -> dict[str, Any] | None:
    """`{mean, std, n}` as JSON values, or None."""
    if found is None:
        return None
    std = {} if found.std is None else finite({"std": found.std})
    return {**finite({"mean": found.mean}), "std": None, **std, "n": found.n}


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """The columns of `--group-by`.

    Raises:
        UsageError: one of them is empty.
    """
    stripped = tuple(name.strip() for name in names)
    if not all(stripped):
        raise UsageError("--group-by: a name is missing", hint="--group-by optimizer,learning_rate")
    return stripped


def _mean(point: Point, name: str) -> float | None:
    found = point.metric(name)
    return found.mean if found else None


def _spread(point: Point, name: str) -> str:
    found = point.metric(name)
    return text.spread(found.mean, found.std) if found else text.NOTHING
