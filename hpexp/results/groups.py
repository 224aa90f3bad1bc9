"""`--group-by`: one row for each combination of values, with mean and spread over the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from hpexp import text
from hpexp.errors import UsageError
from hpexp.model import Mode, Objective
from hpexp.results.balance import unlike
from hpexp.results.columns import Columns, unknown
from hpexp.results.query import ordered
from hpexp.results.ranking import LACKING, Point, tiers
from hpexp.results.runs import finite, in_order
from hpexp.results.spread import Spread
from hpexp.results.table import Column, as_csv
from hpexp.store import StoredRun

Row: TypeAlias = tuple[tuple[Any, ...], Point]
"""The values that the runs of a point share, and the point."""


class Groups:
    """Rows of runs that share the values of `names`. Means are over the runs that have a value."""

    def __init__(
        self, runs: Sequence[StoredRun], columns: Columns, names: Sequence[str], objective: Objective | None
    ) -> None:
        names = list(dict.fromkeys(names))
        getters = [columns.get(name) for name in names]
        grouped: defaultdict[tuple[Any, ...], list[StoredRun]] = defaultdict(list)
        for run in runs:
            grouped[tuple(get(run) for get in getters)].append(run)
        self.names = names
        self.metrics = columns.metrics
        self.objective = objective if objective and objective.metric in columns.metrics else None
        self.rows: list[Row] = [(values, Point(tuple(members))) for values, members in grouped.items()]
        self.unlike = unlike([point for _, point in self.rows], self.names)

    def sort(self, by: str | None) -> None:
        """In the order of a column, else best first; where a metric orders them, by the rule of rankings.

        Raises:
            UsageError: there is no such column.
        """
        if by is None:
            if self.objective is None:
                return
            by = ("-" if self.objective.mode == "max" else "") + self.objective.metric
        name, falling = by.removeprefix("-"), by.startswith("-")
        if name in self.metrics:
            mode: Mode = "max" if falling else "min"
            groups = tiers(self.rows, lambda row: row[1].key(name, mode))
            self.rows = [row for tied in groups for row in tied]
        else:
            self.rows = ordered(self.rows, self._getter(name), falling=falling)

    def _getter(self, name: str) -> Callable[[Row], Any]:
        if name in self.names:
            place = self.names.index(name)
            return lambda row: row[0][place]
        if name in _COUNTS:
            return lambda row: self._counts(row[1])[name]
        raise unknown(name, [*self.names, *_COUNTS, *self.metrics])

    def _counts(self, point: Point) -> dict[str, int]:
        return counts_dict(point, self.objective.metric if self.objective else None)

    def table(self) -> list[Column]:
        counts = [self._counts(point) for _, point in self.rows]
        main = self.objective.metric if self.objective else None
        return [
            *(
                Column(
                    name, [text.param(values[place]) for values, _ in self.rows], right=self._numeric(place)
                )
                for place, name in enumerate(self.names)
            ),
            Column("n", [text.share(each["n"], each["runs"]) for each in counts]),
            *(
                Column(word, [str(each[word]) for each in counts], weight=1)
                for word in _WORDS
                if any(each[word] for each in counts)
            ),
            *(
                Column(
                    name,
                    [_spread(point, name) for _, point in self.rows],
                    weight=0 if name == main else 2 if name.startswith("val_") else 3,
                )
                for name in in_order(self.metrics, main)
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
            row: list[object] = [*map(text.param, values), *self._counts(point).values()]
            for name in self.metrics:
                found = point.metric(name)
                row += [found.mean, found.std] if found else [None, None]
            rows.append(row)
        return as_csv(titles, rows)

    def dicts(self) -> list[dict[str, Any]]:
        return [
            {
                "group": dict(zip(self.names, values, strict=True)),
                **self._counts(point),
                "unlike": self.unlike,
                "metrics": {name: spread_dict(point.metric(name)) for name in self.metrics},
            }
            for values, point in self.rows
        ]


_WORDS = tuple(dict.fromkeys(LACKING.values()))
_COUNTS = ("n", "runs", *_WORDS)


def counts_dict(point: Point, metric: str | None) -> dict[str, int]:
    """How many of the runs have a value, how many there are, and why the others have none."""
    lacking = point.lacking(metric)
    n = len(point.runs) - lacking.total()
    return {"n": n, "runs": len(point.runs), **{word: lacking[word] for word in _WORDS}}


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


def _spread(point: Point, name: str) -> str:
    found = point.metric(name)
    return text.spread(found.mean, found.std) if found else text.NOTHING
