"""Intervals against SciPy, and what they promise against drawn numbers."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from hpexp.results.chance import lead, student_t, wilson


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 10, 99, 1000])
@pytest.mark.parametrize("probability", [0.5, 0.6, 0.95, 0.975, 0.9999, 1 - 1e-6])
def test_quantiles_of_t_are_scipys(probability: float, freedom: int) -> None:
    expected = stats.t.ppf(probability, freedom)
    assert student_t(probability, freedom) == pytest.approx(expected, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(356, 359), (0, 10), (10, 10), (1, 3), (9500, 10000)])
def test_wilsons_interval_is_scipys(hits: int, n: int) -> None:
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_two_points_are_compared_by_the_paired_t_interval() -> None:
    one, other = [0.95, 0.93, 0.96, 0.94], [0.90, 0.92, 0.91, 0.93]
    expected = stats.ttest_rel(one, other).confidence_interval(0.95)
    found = lead(dict(enumerate(one)), [dict(enumerate(other))])
    assert found
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.n, found.open) == (4, (0,))


def test_more_points_make_the_interval_wider() -> None:
    one, other = {0: 0.95, 1: 0.93, 2: 0.96}, {0: 0.91, 1: 0.90, 2: 0.92}
    differences = [0.04, 0.03, 0.04]
    alone, among = lead(one, [other]), lead(one, [{0: 0.1, 1: 0.1, 2: 0.1}, other, {0: 0.7, 1: 0.5, 2: 0.9}])
    assert alone
    assert among
    assert (alone.open, among.open) == ((), (2,))
    reach = [
        stats.t.ppf(1 - 0.05 / 2 / others, 2) * statistics.stdev(differences) / math.sqrt(3)
        for others in (1, 3)
    ]
    assert alone.low == pytest.approx(statistics.fmean(differences) - reach[0])
    assert among.high == pytest.approx(statistics.fmean(differences) + reach[1])


def test_three_seeds_that_beat_three_are_no_verdict() -> None:
    found = lead({0: 0.93, 1: 0.92, 2: 0.99}, [{0: 0.91, 1: 0.90, 2: 0.915}])
    assert found
    assert found.low < 0 < found.high
    assert found.open == (0,)


def test_equal_differences_are_known_to_an_example() -> None:
    one, other = dict.fromkeys(range(3), 0.75), dict.fromkeys(range(3), 0.5)
    exact, rounded = lead(one, [other]), lead(one, [other], least=0.25)
    assert exact
    assert rounded
    assert (exact.high, exact.certain) == (0.25, True)
    reach = stats.t.ppf(0.975, 2) * 0.25 / math.sqrt(6) / math.sqrt(3)
    assert rounded.high == pytest.approx(0.25 + reach)


def test_resampled_splits_are_no_independent_draws() -> None:
    """The corrected resampled t-test: the mean's variance is (1 / n + held out / trained on) times theirs."""
    one = {(repeat, 0): value for repeat, value in enumerate((0.9, 0.95, 0.92, 0.97))}
    other = {(repeat, 0): value for repeat, value in enumerate((0.85, 0.86, 0.9, 0.88))}
    differences = [0.05, 0.09, 0.02, 0.09]
    found = lead(one, [other], overlap=0.2 / 0.6)
    assert found
    reach = stats.t.ppf(0.975, 3) * statistics.stdev(differences) * math.sqrt(1 / 4 + 1 / 3)
    mean = statistics.fmean(differences)
    assert (found.low, found.high) == pytest.approx((mean - reach, mean + reach))


def test_seeds_of_one_split_are_one_draw() -> None:
    one = {(0, 0): 0.9, (0, 1): 0.8, (1, 0): 0.95, (1, 1): 0.9, (2, 0): 0.9, (2, 1): 0.94}
    other = {(0, 0): 0.8, (0, 1): 0.8, (1, 0): 0.9, (1, 1): 0.9, (2, 0): 0.85, (2, 1): 0.95}
    found = lead(one, [other], draw=lambda key: key[0], overlap=0.25)
    averaged = lead({0: 0.05, 1: 0.025, 2: 0.02}, [dict.fromkeys(range(3), 0.0)], overlap=0.25)
    assert found
    assert averaged
    assert (found.low, found.high, found.n) == (pytest.approx(averaged.low), pytest.approx(averaged.high), 3)


def test_only_shared_replicates_are_pairs() -> None:
    found = lead({0: 1.0, 1: 2.0, 2: 5.0}, [{1: 1.0, 2: 3.0, 7: 9.0}])
    assert found
    assert found.n == 2
    assert found.high == pytest.approx(1.5 + stats.t.ppf(0.975, 1) * 0.5)
    assert lead({0: 1.0}, [{0: 0.5}]) is None
    assert lead({0: 1.0, 1: 1.0}, [{0: 0.5, 2: 0.5}]) is None
    assert lead({0: 1.0, 1: 1.0}, []) is None


@pytest.mark.parametrize("points", [2, 6])
def test_among_equals_one_rarely_stands_apart(points: int) -> None:
    """Of equal points the one with the best mean is picked: it may stand apart in 5 % of cases at most."""
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(400):
        values = random.normal(size=(points, 4)) + random.normal(size=4)
        order = np.argsort(-values.mean(axis=1))
        rows = [dict(enumerate(values[place].tolist())) for place in order]
        found = lead(rows[0], rows[1:])
        assert found
        wrong += found.certain
    assert wrong <= 0.07 * 400
