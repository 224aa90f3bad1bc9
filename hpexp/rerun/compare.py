"""A run and its repetition, number by number. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hpexp.messages import EpochEnd
from hpexp.model import Result
from hpexp.store import StoredRun

SAME = 1e-4
"""Largest relative difference that counts as the same numbers: float32 sums in another order."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the run as it was stored, and as it came out now; None where there is none."""

    name: str
    before: float | None
    now: float | None

    @property
    def difference(self) -> float:
        """Relative; 0 where both are the same bits (or both NaN), infinite where one is missing."""
        if self.before is None or self.now is None:
            return 0.0 if self.before is self.now else math.inf
        if self.before == self.now or (math.isnan(self.before) and math.isnan(self.now)):
            return 0.0
        difference = abs(self.before - self.now) / max(abs(self.before), abs(self.now))
        return math.inf if math.isnan(difference) else difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """A stored run and its repetition. `changes` says what of its making is other now."""

    stored: StoredRun
    now: Result
    numbers: tuple[Number, ...]
    curve: float
    """The largest relative difference of any epoch's number."""
    changes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """`identical` to the last bit, the `same` within `SAME`, or `different`."""
        if self.now.status is not self.stored.status or self.now.epochs != self.stored.epochs:
            return "different"
        largest = max([self.curve, *(number.difference for number in self.numbers)])
        if largest == 0:
            return "identical"
        return "same" if largest <= SAME else "different"


def numbers(stored: StoredRun, now: Result) -> Iterator[Number]:
    pairs: Sequence[tuple[str, Mapping[str, float], Mapping[str, float]]] = (
        ("", stored.metrics, now.metrics),
        ("test ", stored.test, now.test),
    )
    for prefix, before, after in pairs:
        for name in dict.fromkeys([*before, *after]):
            yield Number(prefix + name, before.get(name), after.get(name))


def largest(before: Sequence[EpochEnd], now: Sequence[EpochEnd]) -> float:
    """The largest difference of the epochs that both have."""
    return max(
        (
            Number(name, value, other.logs.get(name)).difference
            for one, other in zip(before, now, strict=False)
            for name, value in one.logs.items()
        ),
        default=0.0,
    )
