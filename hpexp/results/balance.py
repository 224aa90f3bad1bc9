"""Whether groups are averages over the same settings, so that their means compare like with like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from hpexp.results.ranking import Point
from hpexp.store import StoredRun

_NONE = object()
_REPLICATES: dict[str, Callable[[StoredRun], int]] = {
    "seed": lambda run: run.seed,
    "repeat": lambda run: run.repeat,
}


def unlike(points: Sequence[Point], names: Sequence[str]) -> list[str]:
    """The axes whose settings differ among the groups' runs that have a rank; `names` made the groups.

    Axes without effect, `exclude`, diverged and failed runs make them differ. Where each axis has the same
    settings in every group and only their combinations differ, it is all of them. `seed` and `repeat` count
    as axes.
    """
    ranked = [[run for run in point.runs if run.status.ranked] for point in points]
    ranked = [runs for runs in ranked if runs]
    if len(ranked) < 2:
        return []
    axes = dict.fromkeys(name for point in points for run in point.runs for name in run.axes)
    rest = [name for name in (*axes, "seed", "repeat") if name not in names and f"params.{name}" not in names]
    if _alike(ranked, rest):
        return []
    differing = [name for name in rest if not _alike(ranked, [name])]
    return differing or rest


def _alike(groups: Sequence[Sequence[StoredRun]], names: Sequence[str]) -> bool:
    """Whether all groups have the same settings of `names`, each the same share of the time."""
    first, *others = (_shares(group, names) for group in groups)
    return all(other == first for other in others)


def _shares(runs: Sequence[StoredRun], names: Sequence[str]) -> dict[object, float]:
    counts = Counter(tuple(_setting(run, name) for name in names) for run in runs)
    return {setting: count / len(runs) for setting, count in counts.items()}


def _setting(run: StoredRun, name: str) -> object:
    get = _REPLICATES.get(name)
    return get(run) if get else run.axes.get(name, _NONE)
