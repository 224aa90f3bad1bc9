"""Mean and spread of a metric, and when two values are equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDING = 1e-6
"""Values that differ by less than this share of the larger one are equal: float32 holds 7 digits, and the
order of its sums decides the last."""


def equal(one: float, other: float) -> bool:
    """Whether two values differ by no more than rounding."""
    return abs(one - other) <= ROUNDING * max(abs(one), abs(other))


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and sample standard deviation; `std` is None for a single value, 0 for equal ones."""

    mean: float
    std: float | None
    n: int


def spread(values: Sequence[float]) -> Spread | None:
    """Mean and spread of finite `values`; None where there are none."""
    if not values:
        return None
    # Shares first: the sum of values near the largest float would be none.
    mean = math.fsum(value / len(values) for value in values)
    if len(values) == 1:
        return Spread(values[0], None, 1)
    if equal(min(values), max(values)):
        return Spread(mean, 0.0, len(values))
    return Spread(mean, deviation(values, mean), len(values))


def deviation(values: Sequence[float], mean: float) -> float:
    """The sample standard deviation of two values or more, infinite where it is no float."""
    squares = math.fsum((value - mean) * (value - mean) for value in values)
    return math.sqrt(squares / (len(values) - 1))
