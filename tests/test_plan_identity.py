"""A run's id changes with what its results depend on, and with nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpexp.model import (
    DataSpec,
    EarlyStopping,
    Limits,
    ModelSpec,
    Objective,
    Resources,
    Split,
    TensorBoardOptions,
    TrainingOptions,
    Value,
)
from hpexp.plan import identity
from tests.plans import FACTS, experiment, plan_of

BASE: dict[str, Any] = {"params": {"learning_rate": 0.1}, "early_stopping": EarlyStopping()}


def ids(**changes: Any) -> list[str]:
    return [run.id for run in plan_of(**{**BASE, **changes}).runs]


def test_an_id_is_twelve_hex_digits() -> None:
    (run,) = plan_of(**BASE).runs
    assert re.fullmatch("[0-9a-f]{12}", run.id)
    assert re.fullmatch("[0-9a-f]{12}", run.point)
    assert run.id != run.point


def test_an_id_is_the_same_tomorrow() -> None:
    """A change here makes everyone's finished runs unknown; it belongs with a higher TRAINING_VERSION."""
    assert ids() == ["98bab9373b30"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other", "path": "other.yaml", "text": "# other"},
        {"description": "words"},
        {"tensorboard": TensorBoardOptions("all", 2)},
        {"limits": Limits(timeout=5.0, retries=2)},
        {"resources": Resources(memory=1 << 30, jobs=2)},
        {"training": TrainingOptions(checkpoint_every=1, save_model=True)},
        {"params": {"learning_rate": 0.1, "epochs": 10, "momentum": 0}},
        {"params": {}, "grid": {"learning_rate": [0.1]}},
        {"params": {"learning_rate": 0.1, "decay_rate": 0.3}},
        {"early_stopping": EarlyStopping(min_delta=0)},
    ],
)
def test_what_an_id_does_not_depend_on(changes: dict[str, Any]) -> None:
    assert ids(**changes) == ids()


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": (1,)},
        {"params": {"learning_rate": 0.2}},
        {"facts": replace(FACTS, fingerprint="another")},
        {"data": DataSpec("builtin", "digits", split=Split(seed=1))},
        {"model": ModelSpec("linear", "linear")},
        {"model": ModelSpec("mlp", "mlp", {"option": 1})},
        {"early_stopping": None},
        {"early_stopping": EarlyStopping(patience=4)},
        {"objective": Objective("val_loss", "min")},
        {"smoke": True},
    ],
)
def test_what_an_id_depends_on(changes: dict[str, Any]) -> None:
    assert ids(**changes) != ids()


def test_an_id_depends_on_the_training_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids()
    monkeypatch.setattr(identity, "TRAINING_VERSION", identity.TRAINING_VERSION + 1)
    assert ids() != before


def test_replicates_share_their_point() -> None:
    plan = plan_of(grid={"learning_rate": [0.1, 0.2]}, seeds=(0, 1))
    points = [run.point for run in plan.runs]
    assert points[0] == points[1] != points[2] == points[3]
    assert plan_of(grid={"learning_rate": [0.1]}, seeds=(7,)).runs[0].point == points[0]


def test_types_of_own_parameters_count() -> None:
    """What an own model gets as 1, 1.0 and true are three values."""
    model = ModelSpec("python", "nowhere:build")
    plan = plan_of(model=model, grid={"width": [1, 1.0, True]})
    assert len({run.id for run in plan.runs}) == 3


AXES: dict[str, list[Value]] = {
    "learning_rate": [0.1, 1],
    "optimizer": ["sgd", "adam"],
    "hidden": [(8,), (8, 4)],
    "momentum": [0, 0.9],
    "batch": ["full", 7],
}


@given(st.permutations(sorted(AXES)), st.permutations(["epochs", "activation", "l2"]))
def test_ids_do_not_depend_on_the_order_of_keys(axes: list[str], params: list[str]) -> None:
    given_params: dict[str, Value] = {"epochs": 3, "activation": "tanh", "l2": 0.01}

    def found(grid: list[str], names: list[str]) -> set[str]:
        plan = plan_of(
            params={name: given_params[name] for name in names}, grid={name: AXES[name] for name in grid}
        )
        return {run.id for run in plan.runs}

    assert found(axes, params) == found(sorted(AXES), sorted(given_params))


def test_the_experiment_itself_is_kept() -> None:
    spec = experiment(**BASE)
    plan = plan_of(**BASE)
    assert plan.experiment == spec
    assert plan.facts == FACTS
    assert {run.experiment for run in plan.runs} == {"toy"}


def test_more_repeats_leave_the_runs_of_the_first_as_they_are() -> None:
    one, three = plan_of(**BASE), plan_of(**BASE, repeats=3)
    assert [run.repeat for run in three.runs] == [0, 1, 2]
    assert one.runs[0].id == three.runs[0].id
    assert len({run.id for run in three.runs}) == len({run.name for run in three.runs}) == 3
    assert {run.point for run in three.runs} == {one.runs[0].point}
    assert three.requested == 3


def test_a_program_has_the_data_of_one_repeat() -> None:
    plan = plan_of(grid={"learning_rate": [0.1, 1.0]}, repeats=2, seeds=(0, 1))
    repeats = [{run.repeat for run in group.runs} for group in plan.groups]
    assert repeats == [{0}, {1}]
    assert [len(group.runs) for group in plan.groups] == [4, 4]
