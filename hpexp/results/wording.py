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


def also(tied: int) -> str:
    """What is said of the others that share a rank: ` and 2 more`."""
    return f" and {tied} more" if tied else ""
