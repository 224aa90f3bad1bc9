from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from hpexp.model import Objective, Result, Status
from hpexp.paths import LogsFolder
from hpexp.results.ranking import by_rank, points_by_rank, points_of, spread
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


def test_points_are_ranked_by_the_mean_over_their_seeds(tmp_path: Path) -> None:
    runs = stored(
        tmp_path,
        {"one lucky seed": [a_result(0.99), a_result(0.5)], "steady": [a_result(0.9), a_result(0.8)]},
    )
    ranked = points_by_rank(points_of(runs), ACCURACY)
    assert [point.runs[0].params["point"] for point in ranked] == ["steady", "one lucky seed"]
    found = ranked[0].metric("val_accuracy")
    assert found
    assert found.mean == pytest.approx(0.85)


def test_a_point_with_trouble_comes_after_all_without(tmp_path: Path) -> None:
    runs = stored(
        tmp_path,
        {
            "never": [DIVERGED, FAILED],
            "diverges": [a_result(0.99), DIVERGED],
            "fails": [a_result(0.98), FAILED],
            "well": [a_result(0.6), a_result(0.5)],
            "cut short": [a_result(0.7), Result(Status.INTERRUPTED)],
        },
    )
    ranked = points_by_rank(points_of(runs), ACCURACY)
    assert [(point.runs[0].params["point"], point.ranked) for point in ranked] == [
        ("cut short", 1),
        ("well", 2),
        ("diverges", 1),
        ("fails", 1),
        ("never", 0),
    ]
    assert [point.diverged for point in ranked] == [0, 0, 1, 0, 1]
    assert [point.failures for point in ranked] == [0, 0, 0, 1, 1]
