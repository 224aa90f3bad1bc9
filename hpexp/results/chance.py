"""How much of a difference chance may explain: intervals for a lead and for a share of examples.

A lead is paired over replicates, because two points share what a seed decides: its interval is Student's t on
the differences. The winner is the best of k points, and the best of many is lucky; so it is compared with the
k - 1 others at once, each two-sided at 0.05 / (k - 1) (Bonferroni; variances need not be equal). That is a
comparison with the best (J. C. Hsu, "Constrained simultaneous confidence intervals for multiple comparisons
with the best", Annals of Statistics 12, 1984), which holds for whichever point was picked, if differences are
normal: with 95 % the true best is the winner or a point that is not told apart from it, and among equals one
stands apart in 5 % of cases at most. For two points it is the paired t interval.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from hpexp.results.spread import deviation

LEVEL = 0.95

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Lead:
    """By how much a point is ahead of the best of the others; below 0 where it is not the best.

    `low` and `high` bound that with 95 %. `open` are the places of the others that are not told apart from
    it. `n` is the fewest draws of a comparison.
    """

    low: float
    high: float
    open: tuple[int, ...]
    n: int

    @property
    def certain(self) -> bool:
        """Whether the point is told apart from all others."""
        return not self.open


def lead(
    winner: Mapping[K, float],
    others: Sequence[Mapping[K, float]],
    *,
    draw: Callable[[K], object] = lambda key: key,
    least: float = 0.0,
    overlap: float = 0.0,
) -> Lead | None:
    """The lead of the winner; values by replicate, more is better.

    Replicates of one `draw`, the seeds of one split, say, are averaged: only draws are independent.
    `least` is what a value may change by, an example's share of an accuracy: differences are known to no
    more, so their standard deviation is taken as at least that of rounding to it (`least` / √12 a value).
    `overlap` is how many examples are held out for one trained on, where draws resample the split: their
    training sets overlap, so that not even draws are independent, and the variance of the mean is taken as
    (1 / n + overlap) times theirs (C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine
    Learning 52, 2003).
    None where there is no other, or one that shares fewer than two draws.
    """
    pairs = [_differences(winner, other, draw) for other in others]
    if not pairs or min(map(len, pairs)) < 2:
        return None
    bounds = [_bounds(differences, len(others), least, overlap) for differences in pairs]
    low, high = min(low for low, _ in bounds), min(high for _, high in bounds)
    told = tuple(place for place, (below, _) in enumerate(bounds) if below <= 0)
    return Lead(low, high, told, min(map(len, pairs)))


def _differences(
    one: Mapping[K, float], other: Mapping[K, float], draw: Callable[[K], object]
) -> list[float]:
    """The mean difference of each draw, over the replicates that both have."""
    by_draw: defaultdict[object, list[float]] = defaultdict(list)
    for key in one.keys() & other.keys():
        by_draw[draw(key)].append(one[key] - other[key])
    return [math.fsum(each) / len(each) for each in by_draw.values()]


def _bounds(
    differences: Sequence[float], comparisons: int, least: float, overlap: float
) -> tuple[float, float]:
    n = len(differences)
    mean = math.fsum(differences) / n
    std = max(deviation(differences, mean), least / math.sqrt(6))
    reach = student_t(1 - (1 - LEVEL) / (2 * comparisons), n - 1) * std * math.sqrt(1 / n + overlap)
    return mean - reach, mean + reach


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for the probability behind a share of `n` examples.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    z = _Z
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@cache
def student_t(probability: float, freedom: int) -> float:
    """The quantile of Student's t for a whole number of degrees of freedom; `probability` in [0.5, 1).

    The distribution is a finite sum in the angle whose tangent is t / √freedom (Abramowitz and Stegun 26.7.3
    and 26.7.4), which is halved into. Importing SciPy for it would take longer than `hpexp results` does.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _inside(middle, freedom) < 2 * probability - 1:
            low = middle
        else:
            high = middle
    return math.sqrt(freedom) * math.tan(low)


def _inside(angle: float, freedom: int) -> float:
    """The probability that |t| is below √freedom · tan(angle)."""
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for power in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * power / (power + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
