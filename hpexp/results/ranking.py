"""Which runs, and which groups of runs, are better: one rule for rankings, tables and files.

Validation decides; the test split has no say. A run that may be ranked has a value of the metric: it ended
well, and the value is finite. A run without one counts against its group, whatever the reason:

1. groups are ordered by the share of their runs that have no value, and by the mean of the others only
   where that share is equal;
2. only a group whose runs all have a value has a rank, and may be called the best;
3. means that are equal up to rounding share a rank, and the next rank counts them all (1, 1, 3);
4. groups without any value come last: unfinished ones, diverged ones, failed ones.

A single run is a group of one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias, TypeVar

from hpexp.dataloss import ranked_by
from hpexp.model import Mode, Objective, Status
from hpexp.results.spread import Spread, equal, spread
from hpexp.store import StoredRun

LACKING: dict[Status, str] = {
    Status.RUNNING: "unfinished",
    Status.PENDING: "unfinished",
    Status.INTERRUPTED: "unfinished",
    Status.DIVERGED: "diverged",
    Status.TIMEOUT: "failed",
    Status.FAILED: "failed",
}
"""What is said of a run without a value, in the order in which such runs are listed."""

NO_NUMBER = "no value"
"""What is said of a run that ended well and has no finite value all the same."""

_LAST = {status: place for place, status in enumerate(LACKING)}

Replicate: TypeAlias = tuple[int, int]
"""The repeat of the split and the seed: runs of two points are compared where both are the same."""

T = TypeVar("T")
Key: TypeAlias = tuple[float, float, int]
"""The share of runs without a value, the mean turned so that less is better, the place of the status."""


def score(run: StoredRun, metric: str) -> float | None:
    """The metric at the run's best epoch, None where the run has no value that may be ranked."""
    value = run.metrics.get(metric)
    return value if run.status.ranked and value is not None and math.isfinite(value) else None


def as_told(objective: Objective, runs: Iterable[StoredRun]) -> Objective:
    """The objective under the name by which these runs tell it: for a loss, that of the data alone."""
    told = dict.fromkeys(name for run in runs for name in run.metrics)
    return replace(objective, metric=ranked_by(objective.metric, told))


def replicate(run: StoredRun) -> Replicate:
    """Which replicate of its point the run is."""
    return run.repeat, run.seed


@dataclass(frozen=True)
class Point:
    """Runs that are looked at together: the seeds of one point of the grid, say."""

    runs: tuple[StoredRun, ...]

    @cached_property
    def counts(self) -> Counter[Status]:
        return Counter(run.status for run in self.runs)

    @property
    def diverged(self) -> int:
        return self.counts[Status.DIVERGED]

    def scores(self, metric: str) -> dict[Replicate, float]:
        """The values of the runs that have one."""
        return {replicate(run): value for run in self.runs if (value := score(run, metric)) is not None}

    def lacking(self, metric: str | None) -> Counter[str]:
        """The runs without a value of the metric, by the word for them; of any metric where it is None."""
        words = [
            LACKING.get(run.status, NO_NUMBER)
            for run in self.runs
            if (not run.status.ranked if metric is None else score(run, metric) is None)
        ]
        return Counter({word: words.count(word) for word in (*LACKING.values(), NO_NUMBER) if word in words})

    def whole(self, metric: str) -> bool:
        """Whether every run has a value, so that the point has a rank and may be the best."""
        return all(score(run, metric) is not None for run in self.runs)

    def metric(self, name: str) -> Spread | None:
        """Mean over the runs that have a value."""
        return spread([value for run in self.runs if (value := score(run, name)) is not None])

    def key(self, metric: str, mode: Mode) -> Key:
        """Less is better; points of equal keys share a rank."""
        found = self.metric(metric)
        if found is None:
            return 1.0, 0.0, min(_LAST.get(run.status, 0) for run in self.runs)
        return 1 - found.n / len(self.runs), -found.mean if mode == "max" else found.mean, 0


@dataclass(frozen=True, slots=True)
class Place:
    """A point in a ranking; `rank` counts from 1 and is None where a run has no value."""

    point: Point
    rank: int | None
    tied: int
    """How many other points share the rank."""


def points_of(runs: Iterable[StoredRun]) -> list[Point]:
    """The points of the grid, each with its seeds, in the order of the plan."""
    by_point: defaultdict[tuple[str, str], list[StoredRun]] = defaultdict(list)
    for run in runs:
        by_point[run.experiment, run.point].append(run)
    return [Point(tuple(group)) for group in by_point.values()]


def ranking(points: Iterable[Point], objective: Objective) -> list[Place]:
    """The points best first, each with its rank."""
    points = list(points)
    objective = as_told(objective, (run for point in points for run in point.runs))
    places: list[Place] = []
    for tied in tiers(points, lambda point: point.key(objective.metric, objective.mode)):
        rank = len(places) + 1 if tied[0].whole(objective.metric) else None
        places += [Place(point, rank, len(tied) - 1 if rank else 0) for point in tied]
    return places


def by_rank(runs: Iterable[StoredRun], objective: Objective) -> list[StoredRun]:
    """Best first, equal ones in the order given; then what has no value."""
    return [run for tied in best_runs(runs, objective) for run in tied]


def best_runs(runs: Iterable[StoredRun], objective: Objective) -> list[list[StoredRun]]:
    """Runs best first, those of equal rank together."""
    runs = list(runs)
    objective = as_told(objective, runs)
    return tiers(runs, lambda run: _run_key(run, objective.metric, objective.mode))


def _run_key(run: StoredRun, metric: str, mode: Mode) -> Key:
    """That of a point of this run alone, of which there may be thousands."""
    value = score(run, metric)
    if value is None:
        return 1.0, 0.0, _LAST.get(run.status, 0)
    return 0.0, -value if mode == "max" else value, 0


def tiers(items: Iterable[T], key: Callable[[T], Key]) -> list[list[T]]:
    """Items by their keys, those whose keys are equal up to rounding together, in the order given."""
    keyed = sorted(((key(item), index, item) for index, item in enumerate(items)), key=lambda each: each[:2])
    found: list[list[tuple[Key, int, T]]] = []
    for each in keyed:
        if found and _tied(found[-1][0][0], each[0]):
            found[-1].append(each)
        else:
            found.append([each])
    for tier in found:
        if len(tier) > 1:
            tier.sort(key=lambda each: each[1])
    return [[item for _, _, item in tier] for tier in found]


def _tied(one: Key, other: Key) -> bool:
    return one[0] == other[0] and one[2] == other[2] and equal(one[1], other[1])


def missing_words(lacking: Counter[str]) -> str:
    """`1 diverged, 2 unfinished`; '' where nothing is missing."""
    return ", ".join(f"{count} {word}" for word, count in lacking.items())


def first_of(places: Sequence[Place]) -> Point | None:
    """The best point, None where no point has all its values."""
    return places[0].point if places and places[0].rank else None
