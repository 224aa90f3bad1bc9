"""Points in words."""

from __future__ import annotations

from hpexp import text
from hpexp.model import Params
from hpexp.results.ranking import Point


def varied(point: Point) -> Params:
    """What the experiment varies, and the point's values of it."""
    first = point.runs[0]
    return {name: first.params.get(name, value) for name, value in first.axes.items()}


def described(point: Point) -> str:
    """`learning_rate=0.1 optimizer=sgd`; the run's name where nothing is varied."""
    words = [f"{name}={text.param(value)}" for name, value in varied(point).items()]
    return " ".join(words) or point.runs[0].name


def replicates(point: Point) -> str:
    """`3 seeds`, or `2 splits × 3 seeds`."""
    splits, seeds = ({run.repeat for run in point.runs}, {run.seed for run in point.runs})
    several = f"{len(splits)} splits" if len(splits) > 1 else ""
    of_seeds = text.counted(len(seeds), "seed") if len(seeds) > 1 or not several else ""
    return " × ".join(filter(None, (several, of_seeds)))


def also(tied: int) -> str:
    """What is said of the others that share a rank: ` and 2 more`."""
    return f" and {tied} more" if tied else ""
