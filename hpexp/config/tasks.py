"""Classes or quantities: the rule for columns of numbers, see also `hpexp.config.targets`."""

from __future__ import annotations

import math

LARGEST = (2 - 2**-23) * 2.0**127
"""The largest float32: models compute with such numbers."""

RARE = 20
"""Whole numbers with more values than this, and more than a twentieth of the examples, are quantities."""


def what_it_holds(value: float) -> str:
    """What is said of a number that float32 cannot hold."""
    return f"{value:g}, too large for float32" if math.isfinite(value) else "NaN or infinity"
