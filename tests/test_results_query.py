from __future__ import annotations

import math
from pathlib import Path

import pytest

from hpexp.errors import UsageError
from hpexp.model import Result, Status
from hpexp.paths import LogsFolder
from hpexp.results.columns import Columns
from hpexp.results.query import in_order, matching
from hpexp.store import Store, StoredRun
from tests.builders import a_result, a_run, an_experiment, store_results


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[StoredRun]:
    """Seeds 0 to 4: two that ended well, one that diverged, one that failed, one to come."""
    logs = LogsFolder(tmp_path_factory.mktemp("logs"))
    points = [
        {"learning_rate": 0.01, "batch": "full", "hidden": (64, 32), "nesterov": True, "clipnorm": None},
        {"learning_rate": 0.1, "batch": 32, "hidden": (64,), "nesterov": False, "clipnorm": 1.0},
        {"learning_rate": 1.0, "batch": "mini", "hidden": (), "nesterov": False, "clipnorm": None},
        {"learning_rate": 10.0, "batch": 16, "hidden": (64,), "nesterov": False, "clipnorm": None},
        {"learning_rate": 0.001, "batch": "full", "hidden": (64,), "nesterov": False, "clipnorm": None},
    ]
    results = [
        a_result(0.8, seconds=3.0),
        a_result(0.9, seconds=1.0),
        Result(Status.DIVERGED, 2, 0, {"loss": math.nan, "val_accuracy": 0.99}),
        Result(Status.FAILED, error="ValueError: no such layer"),
        None,
    ]
    made = [a_run(seed, **point) for seed, point in enumerate(points)]  # type: ignore[arg-type]
    store_results(logs, an_experiment(), list(zip(made, results, strict=True)))
    store = Store.read(logs)
    assert store
    with store:
        return store.runs(None)


def seeds(runs: list[StoredRun]) -> list[int]:
    return [run.seed for run in runs]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("learning_rate>0.1", [2, 3]),
        ("learning_rate >= 1e-1", [1, 2, 3]),
        ("learning_rate<0.01", [4]),
        ("learning_rate<=0.01", [0, 4]),
        ("learning_rate=0.10", [1]),
        ("learning_rate==1", [2]),
        ("params.learning_rate!=1", [0, 1, 3, 4]),
        ("batch=full", [0, 4]),
        ("batch=32", [1]),
        ("batch>16", [1]),
        ("batch~^m", [2]),
        ("hidden=64x32", [0]),
        ("hidden=[64]", [1, 3, 4]),
        ("nesterov=true", [0]),
        ("clipnorm=none", [0, 2, 3, 4]),
        ("clipnorm<2", [1]),
        ("seed=4", [4]),
        ("status=done", [0, 1]),
        ("status!=done", [2, 3, 4]),
        ("error~LAYER", [3]),
        ("val_accuracy>0.85", [1, 2]),
        ("loss<1", [0, 1]),
        ("loss!=0", [0, 1, 2, 3, 4]),
        ("epochs=2", [2]),
        ("params.epochs=3", [0, 1, 2, 3, 4]),
        ("seconds=1", [1]),
    ],
)
def test_where(runs: list[StoredRun], condition: str, expected: list[int]) -> None:
    assert seeds(matching(runs, Columns(runs), [condition])) == expected


def test_every_condition_must_hold(runs: list[StoredRun]) -> None:
    assert seeds(matching(runs, Columns(runs), ["learning_rate<1", "status=done", "batch=32"])) == [1]


@pytest.mark.parametrize(
    ("condition", "message", "hint"),
    [
        ("lerning_rate=1", "there is no column 'lerning_rate'", "did you mean learning_rate?"),
        ("learning_rate", "--where: 'learning_rate' is not a condition", "write COLUMN, one of"),
        ("learning_rate<fast", "'fast' is not a number", "< compares numbers"),
        ("status=dne", "'dne' is not a status", "statuses: pending, running, done"),
        ("batch~(", "not a regular expression", ""),
    ],
)
def test_a_condition_that_cannot_be_read(
    runs: list[StoredRun], condition: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        matching(runs, Columns(runs), [condition])
    assert message in str(caught.value)
    assert (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("learning_rate", [4, 0, 1, 2, 3]),
        ("-learning_rate", [3, 2, 1, 0, 4]),
        ("clipnorm", [1, 0, 2, 3, 4]),
        ("-clipnorm", [1, 0, 2, 3, 4]),
        ("batch", [3, 1, 0, 4, 2]),
        ("val_accuracy", [0, 1, 2, 3, 4]),
        ("-val_accuracy", [1, 0, 2, 3, 4]),
        ("-status", [4, 3, 0, 1, 2]),
    ],
)
def test_sort(runs: list[StoredRun], sort: str, expected: list[int]) -> None:
    """Missing values, and metrics of runs without a rank, come last either way."""
    assert seeds(in_order(runs, Columns(runs), sort)) == expected


def test_sorting_by_an_unknown_column_lists_those_that_are_near(runs: list[StoredRun]) -> None:
    with pytest.raises(UsageError, match="no column 'accurcy'") as caught:
        in_order(runs, Columns(runs), "-accurcy")
    assert caught.value.hint == "did you mean accuracy or val_accuracy?"


def test_a_name_of_thousands_of_letters_is_cut_and_compared_with_nothing(runs: list[StoredRun]) -> None:
    with pytest.raises(UsageError) as raised:
        Columns(runs).get("learning_rate" * 5000)
    assert len(str(raised.value)) < 200
    assert str(raised.value.hint).startswith("columns: ")


def test_only_what_differs_is_varied(runs: list[StoredRun]) -> None:
    assert Columns(runs).axes == ["learning_rate", "batch", "hidden", "nesterov", "clipnorm"]
    assert Columns([runs[1], runs[3]]).axes == ["learning_rate", "batch", "clipnorm"]
    assert Columns(runs[:1]).axes == Columns(runs).axes


def test_a_parameter_that_shares_a_name_is_told_apart(tmp_path: Path) -> None:
    logs = LogsFolder(tmp_path)
    store_results(logs, an_experiment(), [(a_run(0, epochs=5, loss="mse"), a_result())])
    store = Store.read(logs)
    assert store
    with store:
        columns = Columns(store.runs(None))
    assert [columns.title(name) for name in ("epochs", "loss", "batch")] == [
        "params.epochs",
        "params.loss",
        "batch",
    ]
