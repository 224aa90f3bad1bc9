from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hpexp.model import Objective, Result, Status
from hpexp.paths import LogsFolder
from hpexp.results.ranking import Point, best_runs, by_rank, first_of, points_of, ranking
from hpexp.results.spread import spread
from hpexp.store import Store, StoredRun
from tests.builders import a_result, a_run, an_experiment, store_results

ACCURACY = Objective("val_accuracy", "max")
LOSS = Objective("val_loss", "min")
DIVERGED = Result(Status.DIVERGED, 3, 0, {"val_accuracy": 1.0, "val_loss": 0.0})
FAILED = Result(Status.FAILED, error="no")


def stored(tmp_path: Path, results: dict[str, list[Result | None]]) -> list[StoredRun]:
    """One point a key, one seed a result."""
    logs = LogsFolder(tmp_path)
    pairs = [
        (a_run(seed, point=point), result)
        for point, of_point in results.items()
        for seed, result in enumerate(of_point)
    ]
    store_results(logs, an_experiment(), pairs)
    store = Store.read(logs)
    assert store
    with store:
        return store.runs(None)


@pytest.mark.parametrize("objective", [ACCURACY, LOSS])
def test_runs_best_first_and_what_has_no_rank_last(tmp_path: Path, objective: Objective) -> None:
    results: list[Result | None] = [
        FAILED,
        DIVERGED,
        a_result(0.7),
        None,
        a_result(0.9, Status.STOPPED),
        a_result(math.nan),
        Result(Status.TIMEOUT),
        a_result(0.8),
        Result(Status.INTERRUPTED),
    ]
    ranked = by_rank(stored(tmp_path, {"a": results}), objective)
    assert [run.seed for run in ranked] == [4, 7, 2, 5, 3, 8, 1, 6, 0]
    alone = ranking([Point((run,)) for run in stored(tmp_path, {"a": results})], objective)
    assert [place.point.runs[0].seed for place in alone] == [run.seed for run in ranked]


def names(tmp_path: Path, results: dict[str, list[Result | None]]) -> list[tuple[object, int | None, int]]:
    """Each point with its rank and how many others share it."""
    places = ranking(points_of(stored(tmp_path, results)), ACCURACY)
    return [(place.point.runs[0].params["point"], place.rank, place.tied) for place in places]


def test_mean_and_sample_standard_deviation() -> None:
    values = [0.1, 0.4, 0.35, 0.8]
    found = spread(values)
    assert found
    assert found.mean == pytest.approx(statistics.fmean(values), rel=1e-15)
    assert found.std == pytest.approx(statistics.stdev(values), rel=1e-15)
    assert found.n == 4
    assert spread([]) is None
    single = spread([0.5])
    assert single
    assert (single.mean, single.std, single.n) == (0.5, None, 1)


def test_a_spread_by_rounding_is_none_and_one_beyond_floats_is_infinite() -> None:
    alike = spread([0.9, 0.9 + 1e-16, 0.9 + 3e-9])
    assert alike
    assert alike.std == 0.0
    large = spread([1.7e308, 1.7e308, -1.7e308])
    assert large
    assert (large.mean, large.std) == (pytest.approx(1.7e308 / 3), math.inf)


def test_points_are_ranked_by_the_mean_over_their_seeds(tmp_path: Path) -> None:
    results: dict[str, list[Result | None]] = {
        "one lucky seed": [a_result(0.99), a_result(0.5)],
        "steady": [a_result(0.9), a_result(0.8)],
    }
    assert names(tmp_path, results) == [("steady", 1, 0), ("one lucky seed", 2, 0)]


def test_a_seed_without_a_value_counts_against_its_point(tmp_path: Path) -> None:
    results: dict[str, list[Result | None]] = {
        "never": [DIVERGED, DIVERGED, FAILED],
        "one diverges": [a_result(0.99), a_result(0.99), DIVERGED],
        "two fail": [a_result(1.0), FAILED, Result(Status.TIMEOUT)],
        "not finite": [a_result(0.97), a_result(0.97), a_result(math.inf)],
        "well": [a_result(0.6), a_result(0.5), a_result(0.5)],
        "one of three": [a_result(0.9), Result(Status.INTERRUPTED), None],
        "to come": [None, None, None],
    }
    assert names(tmp_path, results) == [
        ("well", 1, 0),
        ("one diverges", None, 0),
        ("not finite", None, 0),
        ("two fail", None, 0),
        ("one of three", None, 0),
        ("to come", None, 0),
        ("never", None, 0),
    ]
    points = {point.runs[0].params["point"]: point for point in points_of(stored(tmp_path, results))}
    lacking = {name: dict(point.lacking("val_accuracy")) for name, point in points.items()}
    assert lacking == {
        "never": {"diverged": 2, "failed": 1},
        "one diverges": {"diverged": 1},
        "two fail": {"failed": 2},
        "not finite": {"no value": 1},
        "well": {},
        "one of three": {"unfinished": 2},
        "to come": {"unfinished": 3},
    }


def test_no_point_is_best_where_each_lacks_a_seed(tmp_path: Path) -> None:
    results: dict[str, list[Result | None]] = {"a": [a_result(0.9), None], "b": [DIVERGED, a_result(0.8)]}
    assert first_of(ranking(points_of(stored(tmp_path, results)), ACCURACY)) is None


def test_means_equal_up_to_rounding_share_a_rank_in_the_order_of_the_plan(tmp_path: Path) -> None:
    third = 0.9721448421478271
    results: dict[str, list[Result | None]] = {
        "behind": [a_result(0.5)],
        "first": [a_result(third)],
        "second": [a_result(third + 4e-9)],
        "third": [a_result(third - 1e-16)],
        "an example less": [a_result(third - 1 / 359)],
        "ahead": [a_result(0.99)],
    }
    assert names(tmp_path, results) == [
        ("ahead", 1, 0),
        ("first", 2, 2),
        ("second", 2, 2),
        ("third", 2, 2),
        ("an example less", 5, 0),
        ("behind", 6, 0),
    ]
    runs = best_runs(stored(tmp_path, results), ACCURACY)
    assert [[run.params["point"] for run in tier] for tier in runs[:2]] == [
        ["ahead"],
        ["first", "second", "third"],
    ]


SEEDS = st.lists(st.none() | st.sampled_from([0.5, 0.6, 0.7, 0.8]), min_size=3, max_size=3)


def placed(points: list[list[float | None]], like: StoredRun) -> list[tuple[int, int | None]]:
    """The numbers of points with their ranks, in the order of the ranking; None is a seed that diverged."""
    runs = [
        replace(
            like,
            point=str(number),
            seed=seed,
            status=Status.DONE if value else Status.DIVERGED,
            metrics={"val_accuracy": value or 1.0},
        )
        for number, values in enumerate(points)
        for seed, value in enumerate(values)
    ]
    return [(int(place.point.runs[0].point), place.rank) for place in ranking(points_of(runs), ACCURACY)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    return stored(tmp_path_factory.mktemp("run"), {"a": [None]})[0]


@settings(max_examples=50)
@given(points=st.lists(SEEDS, min_size=1, max_size=6), chosen=st.integers(0, 5))
def test_ranks_are_scipys_and_losing_a_seed_never_helps(
    points: list[list[float | None]], chosen: int, run: StoredRun
) -> None:
    places = placed(points, run)
    means = {
        number: sum(round(10 * value) for value in values if value)
        for number, values in enumerate(points)
        if None not in values
    }
    expected = stats.rankdata([-mean for mean in means.values()], method="min").tolist()
    assert {number: rank for number, rank in places if rank} == dict(zip(means, expected, strict=True))
    loser = chosen % len(points)
    worse = [[None, *values[1:]] if number == loser else values for number, values in enumerate(points)]
    after = placed(worse, run)
    order = [[number for number, _ in each].index(loser) for each in (places, after)]
    assert order[0] <= order[1]
