"""Whether float32, in which models compute, wipes out what numbers around a large offset say.

float32 has 24 bits: near 1.7e9, a time in seconds since 1970, it knows every 128th number only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hpexp.errors import DataError

TOLERATED = 1e-3
"""Of the numbers' standard deviation: so much may rounding change them, as root mean square."""
INSTEAD = (
    "subtract an offset from the target, such as its mean, or give it another scale, "
    "such as that of standard deviation 1"
)
_BITS, _LEAST = 24, -149


class Rounding:
    """What rounding takes from numbers, which come some at a time.

    Of NumPy arrays or polars series; `along` are the arguments with which these sum up, for arrays
    of several columns `{"axis": 0}`. Sums are of distances from the first numbers, so that an offset
    takes nothing from them.
    """

    def __init__(self, along: Mapping[str, int] | None = None) -> None:
        self._along = along or {}
        self._count = 0
        self._first: Any = None
        self._total: Any = 0.0
        self._squares: Any = 0.0
        self._lost: Any = 0.0

    def add(self, exact: Any, rounded: Any) -> None:
        """The next numbers, `[numbers]` or `[numbers, columns]`, and the same as float32 holds them."""
        if not len(exact):
            return
        if not self._count:
            self._first = exact[0]
        apart, lost = exact - self._first, exact - rounded
        self._count += len(exact)
        self._total = self._total + apart.sum(**self._along)
        self._squares = self._squares + (apart * apart).sum(**self._along)
        self._lost = self._lost + (lost * lost).sum(**self._along)

    @property
    def is_harmful(self) -> Any:
        """Whether it takes more than is tolerated, a truth value a column; never of constant numbers."""
        # n² times the variance, which is at least `squares` because the first distance is 0.
        variation = self._squares * self._count - self._total * self._total
        return (self._squares > 0) & (self._lost * self._count > TOLERATED**2 * variation)

    def refuse(self, where: str) -> None:
        """Raise DataError where it takes too much from targets; `where` names them."""
        if said := self.harm(where):
            raise DataError(said, hint=INSTEAD)

    def harm(self, where: str) -> str:
        """What it takes, of the first column from which that is too much; '' for none."""
        harmful = self.is_harmful
        if not self._along or not self._count:
            return f"{where} is {self._in_words(None)}" if harmful else ""
        place = next((place for place, each in enumerate(harmful.tolist()) if each), None)
        if place is None:
            return ""
        one = f"{where}, output {place}," if len(harmful) > 1 else where
        return f"{one} is {self._in_words(place)}"

    def _in_words(self, place: int | None) -> str:
        def number(value: Any) -> float:
            return float(value if place is None else value[place])

        count = self._count
        total, squares = number(self._total), number(self._squares)
        mean = number(self._first) + total / count
        deviation = math.sqrt(squares / count - (total / count) ** 2)
        step = 2.0 ** max(math.frexp(mean)[1] - _BITS, _LEAST)
        return (
            f"{mean:.6g} ± {deviation:.3g} (mean and standard deviation), where float32, "
            f"in which models compute, has steps of {step:.3g}: too coarse for it"
        )
