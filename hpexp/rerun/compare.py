"""A run and its repetition, number by number. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hpexp.messages import EpochEnd
from hpexp.model import Result
from hpexp.store import StoredRun

SAME = 1e-4
"""Largest relative difference that counts as the same numbers: float32 sums in another order."""

GROWTH = 1e3
"""So many times larger than in the epoch before may be a difference that is rounding which grows: a
few hundred times is what chaotic training was measured at."""

LEAST = 1e-8
"""Differences below are as good as this one: float32 holds 24 bits."""


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
    course: Course
    program: str = ""
    """How it trained now, beside how it trained then."""

    @property
    def largest(self) -> float:
        return max([self.curve, *(number.difference for number in self.numbers)])

    @property
    def verdict(self) -> str:
        """`identical` to the last bit, the `same` within `SAME`, `rounding` that grew, or `different`.

        On other data nothing short of the same bits is the same training.
        """
        if self.now.status is self.stored.status and self.now.epochs == self.stored.epochs:
            if self.largest == 0:
                return "identical"
            if self.largest <= SAME and not self.other_data:
                return "same"
        ended = self.now.status.finished and self.stored.status.finished and not self.other_data
        return "rounding" if ended and self.course.is_rounding else "different"

    @property
    def other_data(self) -> bool:
        return other_data(self.stored, self.now)


@dataclass(frozen=True, slots=True)
class Course:
    """The largest differences of each epoch that both trained: of losses, and of learning rates."""

    losses: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()

    @property
    def is_rounding(self) -> bool:
        """Whether differences begin as rounding and grow from epoch to epoch: training is chaotic.

        Another result differs in the first epoch, or all at once in a later one, or by its learning
        rate. Losses tell; an accuracy jumps by an example at a time.
        """
        if not self.losses or self.losses[0] > SAME or max(self.rates, default=0.0) > SAME:
            return False
        return all(after <= max(SAME, GROWTH * max(before, LEAST)) for before, after in pairwise(self.losses))


def other_data(stored: StoredRun, now: Result) -> bool:
    """Whether a run and its repetition are known to have been trained on different data."""
    return bool(stored.fingerprint and now.fingerprint and stored.fingerprint != now.fingerprint)


def numbers(stored: StoredRun, now: Result) -> Iterator[Number]:
    pairs: Sequence[tuple[str, Mapping[str, float], Mapping[str, float]]] = (
        ("", stored.metrics, now.metrics),
        ("test ", stored.test, now.test),
    )
    for prefix, before, after in pairs:
        for name in dict.fromkeys([*before, *after]):
            yield Number(prefix + name, before.get(name), after.get(name))


def largest(
    before: Sequence[EpochEnd], now: Sequence[EpochEnd], wanted: Callable[[str], bool] = lambda name: True
) -> float:
    """The largest difference of the epochs that both have, in the numbers that are `wanted`."""
    return max(
        (
            Number(name, value, other.logs.get(name)).difference
            for one, other in zip(before, now, strict=False)
            for name, value in one.logs.items()
            if wanted(name)
        ),
        default=0.0,
    )


def course(before: Sequence[EpochEnd], now: Sequence[EpochEnd]) -> Course:
    pairs = list(zip(before, now, strict=False))

    def of(wanted: Callable[[str], bool]) -> tuple[float, ...]:
        return tuple(largest([one], [other], wanted) for one, other in pairs)

    return Course(
        of(lambda name: name != "learning_rate" and not name.endswith("accuracy")),
        of(lambda name: name == "learning_rate"),
    )
