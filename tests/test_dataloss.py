"""Which loss is meant, and where runs tell two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hpexp.dataloss import canonical, completed, may_differ, ranked_by
from hpexp.model import Axis, Experiment, ModelSpec, Objective, Task
from hpexp.paths import LogsFolder
from hpexp.results.ranking import as_told, by_rank, points_of, ranking
from hpexp.store import Store
from tests.builders import a_result, a_run, an_experiment, store_results


@pytest.mark.parametrize(
    ("asked", "told", "expected"),
    [
        ("val_loss", ("val_loss",), "val_loss"),
        ("val_loss", ("val_loss", "val_data_loss"), "val_data_loss"),
        ("val_data_loss", ("val_loss",), "val_loss"),
        ("loss", ("loss", "val_data_loss"), "loss"),
        ("loss", ("loss", "data_loss"), "data_loss"),
        ("val_accuracy", ("val_accuracy", "val_data_loss"), "val_accuracy"),
    ],
)
def test_a_loss_that_is_asked_for_is_the_datas(asked: str, told: tuple[str, ...], expected: str) -> None:
    assert ranked_by(asked, told) == expected
    assert ranked_by(canonical(asked), told) == expected


def penalized(name: str, *values: float) -> Experiment:
    axis = Axis((name,), tuple((value,) for value in values))
    return replace(an_experiment(), grid=((axis,),))


@pytest.mark.parametrize(
    ("experiment", "task", "differs"),
    [
        (an_experiment(), "classification", False),
        (penalized("l2", 0.0, 0.1), "regression", True),
        (penalized("l2", 0.0), "regression", False),
        (penalized("label_smoothing", 0.0, 0.1), "classification", True),
        (penalized("label_smoothing", 0.1), "regression", False),
        (replace(an_experiment(), params={"l2": 0.1}), None, True),
        (replace(an_experiment(), include=({"label_smoothing": 0.2},)), None, True),
        (replace(penalized("l2", 0.1), model=ModelSpec("python", "own:net")), "regression", False),
    ],
)
def test_an_experiment_that_adds_to_the_loss_tells_both(
    experiment: Experiment, task: Task | None, differs: bool
) -> None:
    assert may_differ(experiment, task) is differs


def test_runs_with_one_loss_are_completed_where_others_tell_two(tmp_path: Path) -> None:
    """The best by Keras's loss, 0.3, has the higher loss of the data."""
    plain, penalty = a_run(0, l2=0.0), a_run(0, l2=1.0)
    one = a_result(metrics={"loss": 0.2, "val_loss": 0.3})
    both = a_result(metrics={"loss": 0.4, "val_loss": 0.5, "data_loss": 0.1, "val_data_loss": 0.25})
    experiment = replace(an_experiment(), objective=Objective("val_loss", "min"))
    logs = LogsFolder(tmp_path)
    store_results(logs, experiment, [(plain, one), (penalty, both)])
    with Store.read(logs) or pytest.fail("no store") as store:
        runs = store.runs("toy")
    assert runs[0].metrics == {"loss": 0.2, "val_loss": 0.3, "data_loss": 0.2, "val_data_loss": 0.3}
    assert runs[0].metrics == completed(one.metrics)
    assert as_told(experiment.objective, runs).metric == "val_data_loss"
    assert [run.id for run in by_rank(runs, experiment.objective)] == [penalty.id, plain.id]


def test_a_loss_of_the_models_own_is_never_taken_for_the_datas(tmp_path: Path) -> None:
    """So it has no rank among runs that are ranked by the data's."""
    own, plain = a_run(0, which="huber"), a_run(0, which="plain")
    one = a_result(metrics={"loss": 0.02, "val_loss": 0.03}, own_loss=True)
    both = a_result(metrics={"loss": 0.4, "val_loss": 0.5, "data_loss": 0.1, "val_data_loss": 0.25})
    experiment = replace(an_experiment(), objective=Objective("val_loss", "min"))
    store_results(LogsFolder(tmp_path), experiment, [(own, one), (plain, both)])
    with Store.read(LogsFolder(tmp_path)) or pytest.fail("no store") as store:
        runs = store.runs("toy")
    assert runs[0].metrics == one.metrics
    first, last = ranking(points_of(runs), experiment.objective)
    assert (first.point.runs[0].id, first.rank) == (plain.id, 1)
    assert (last.point.runs[0].id, last.rank) == (own.id, None)
