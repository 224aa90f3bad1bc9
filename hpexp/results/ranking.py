"""Which runs, and which points, are better. Validation decides; the test split has no say."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from hpexp.model import FAILURES, Objective, Status
from hpexp.store import StoredRun

_UNRANKED = (
    Status.RUNNING,
    Status.PENDING,
    Status.INTERRUPTED,
    Status.DIVERGED,
    Status.TIMEOUT,
    Status.FAILED,
)


def score(run: StoredRun, metric: str) -> float | None:
    """The metric at the run's best epoch, None where the run may not be ranked by it."""
    value = run.metrics.get(metric)
    return value if run.status.ranked and value is not None and not math.isnan(value) else None


def by_rank(runs: Iterable[StoredRun], objective: Objective) -> list[StoredRun]:
    """Best first; then what has no rank: unfinished, diverged and, last, failed runs."""
    sign = -1.0 if objective.mode == "max" else 1.0

    def key(run: StoredRun) -> tuple[int, float]:
        value = score(run, objective.metric)
        if value is not None:
            return 0, sign * value
        return (1 + _UNRANKED.index(run.status), 0.0) if run.status in _UNRANKED else (1, 0.0)

    return sorted(runs, key=key)


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and sample standard deviation; `std` is None for a single value."""

    mean: float
    std: float | None
    n: int


def spread(values: Sequence[float]) -> Spread | None:
    """Mean and spread of `values`; None where there are none."""
    if not values:
        return None
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return Spread(mean, None, 1)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Spread(mean, math.sqrt(squares / (len(values) - 1)), len(values))


@dataclass(frozen=True)
class Point:
    """Runs that are looked at together: the seeds of one point of the grid, say."""

    runs: tuple[StoredRun, ...]

    @cached_property
    def counts(self) -> Counter[Status]:
        return Counter(run.status for run in self.runs)

    @cached_property
    def ranked(self) -> int:
        """How many runs the means are taken over."""
        return sum(run.status.ranked for run in self.runs)

    @property
    def failures(self) -> int:
        return sum(self.counts[status] for status in FAILURES)

    @property
    def diverged(self) -> int:
        return self.counts[Status.DIVERGED]

    def metric(self, name: str) -> Spread | None:
        """Mean over the runs that have a rank."""
        return spread([value for run in self.runs if (value := score(run, name)) is not None])


def points_of(runs: Iterable[StoredRun]) -> list[Point]:
    """The points of the grid, each with its seeds, in the order of the plan."""
    by_point: defaultdict[tuple[str, str], list[StoredRun]] = defaultdict(list)
    for run in runs:
        by_point[run.experiment, run.point].append(run)
    return [Point(tuple(group)) for group in by_point.values()]


def points_by_rank(points: Iterable[Point], objective: Objective) -> list[Point]:
    """Best mean first. A point that diverged or failed for one seed comes after all that did not."""
    sign = -1.0 if objective.mode == "max" else 1.0

    def key(point: Point) -> tuple[bool, bool, float]:
        found = point.metric(objective.metric)
        trouble = bool(point.diverged or point.failures)
        return (found is None, trouble, sign * found.mean if found else 0.0)

    return sorted(points, key=key)
