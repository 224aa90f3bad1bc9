"""Classes or quantities: the rule for columns of numbers, see also `hpexp.config.targets`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hpexp.model import Task

LARGEST = (2 - 2**-23) * 2.0**127
"""The largest float32: models compute with such numbers."""

RARE = 20
"""Whole numbers with more values than this, and more than a twentieth of the examples, are quantities."""


def what_it_holds(value: float) -> str:
    """What is said of a number that float32 cannot hold."""
    return f"{value:g}, too large for float32" if math.isfinite(value) else "NaN or infinity"


def task_of_numbers(values: Iterable[float], examples: int) -> Task:
    """Classes for whole numbers of few values, else quantities."""
    few = max(RARE, examples // 20)
    seen: set[float] = set()
    for value in values:
        if value != value or value in (float("inf"), float("-inf")) or value != int(value):
            return "regression"
        seen.add(value)
        if len(seen) > few:
            return "regression"
    return "classification"
