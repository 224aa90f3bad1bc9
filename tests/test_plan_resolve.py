"""Defaults are filled in; what has no effect is dropped; equal values have one spelling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpexp.model import ModelSpec, Value
from hpexp.plan.collapse import SAME_MEANING
from hpexp.vocabulary import (
    DEFAULTS,
    OF_BUILT_IN_MODELS,
    OF_OPTIMIZERS,
    OPTIMIZERS,
    PARAMETERS,
    optimizer_default,
)
from tests.plans import FACTS, chosen, plan_of


def params(model: str = "mlp", **given: Value) -> dict[str, Value]:
    spec = ModelSpec(model, model)  # type: ignore[arg-type]
    (run,) = plan_of(params=given, model=spec).runs
    return dict(run.params)


def test_defaults_are_filled_in() -> None:
    assert params() == {
        "hidden": (128,), "activation": "relu", "initializer": "glorot_uniform", "dropout": 0.0,
        "batch_norm": False, "l2": 0.0, "output": "logits", "optimizer": "sgd", "learning_rate": 0.01,
        "momentum": 0.0, "weight_decay": 0.0, "schedule": "constant", "batch": "mini", "epochs": 10,
        "normalize": "none", "label_smoothing": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "rate", "decay"),
    [("sgd", 0.01, 0.0), ("adam", 0.001, 0.0), ("adamw", 0.001, 0.004), ("muon", 0.001, 0.004)],
)
def test_keras_decides_what_is_not_set(optimizer: str, rate: float, decay: float) -> None:
    found = params(optimizer=optimizer)
    assert (found["learning_rate"], found["weight_decay"]) == (rate, decay)
    assert found == params(optimizer=optimizer, learning_rate=None, weight_decay=decay)


@pytest.mark.parametrize(
    ("model", "given", "gone"),
    [
        ("mlp", {"optimizer": "adam", "momentum": 0.9, "nesterov": True}, {"momentum", "nesterov"}),
        ("mlp", {"nesterov": True}, {"nesterov"}),
        ("mlp", {"hidden": (), "dropout": 0.3, "batch_norm": True}, {"activation", "dropout", "batch_norm"}),
        ("linear", {"hidden": (7,)}, {"hidden", "activation"}),
        ("mlp", {"decay_rate": 0.1}, {"decay_rate", "decay_epochs"}),
    ],
)
def test_what_has_no_effect_is_dropped(model: str, given: dict[str, Value], gone: set[str]) -> None:
    assert not gone & set(params(model, **given))


def test_the_task_decides_too() -> None:
    facts = replace(FACTS, task="regression")
    plan = plan_of(facts, grid={"label_smoothing": [0.0, 0.1], "output": ["logits", "softmax"]})
    assert len(plan.runs) == 1
    assert {each.reason for each in plan.collapsed} == {"the task is regression"}


def test_what_has_no_effect_is_found_anew_at_every_point() -> None:
    """Answers are kept for points that are alike; these are not."""
    plan = plan_of(
        grid={
            "schedule": ["constant", "step"], "hidden": [(), (8,)], "optimizer": ["sgd", "adam"],
            "momentum": [0.0, 0.9], "nesterov": [True], "dropout": [0.5], "decay_rate": [0.1],
        }
    )  # fmt: skip
    names = ("schedule", "hidden", "optimizer", "momentum", "nesterov", "dropout", "decay_rate")
    assert chosen(plan, *names) == [
        (schedule, hidden, optimizer, momentum, nesterov, 0.5 if hidden else None,
         0.1 if schedule == "step" else None)
        for schedule in ("constant", "step")
        for hidden in ((), (8,))
        for optimizer, momentum, nesterov in (("sgd", 0.0, None), ("sgd", 0.9, True), ("adam", None, None))
    ]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", ["mlp", "cnn", "linear"])
def test_a_default_and_the_same_value_written_down_are_one_run(model: str, optimizer: str) -> None:
    """Every parameter, everywhere: its default, null where that is allowed, and not a word."""
    spec = ModelSpec(model, model)  # type: ignore[arg-type]
    given: dict[str, Value] = {"optimizer": optimizer, "schedule": "step"}
    (plain,) = plan_of(params=given, model=spec).runs
    seen = set()
    for name in PARAMETERS.keys() - given.keys():
        default = optimizer_default(optimizer, name) if name in OF_OPTIMIZERS else DEFAULTS[name]
        spellings = [default, None] if DEFAULTS[name] is None else [default]
        spellings += [0.0] if name == "clipnorm" else [32] if name == "batch" else []
        for value in spellings:
            (run,) = plan_of(params={**given, name: value}, model=spec).runs
            assert run.id == plain.id, (name, value)
        plan = plan_of(params=given, grid={name: spellings}, model=spec)
        assert [run.id for run in plan.runs] == [plain.id], name
        seen |= {each.reason for each in plan.collapsed}
    assert SAME_MEANING in seen


def test_null_is_the_default_of_the_points_optimizer() -> None:
    plan = plan_of(grid={"optimizer": ["adam", "lion"], "beta_2": [None, 0.99, 0.999]})
    assert chosen(plan, "optimizer", "beta_2") == [
        ("adam", 0.999), ("adam", 0.99), ("lion", 0.99), ("lion", 0.999)
    ]  # fmt: skip


def test_muon_has_momentum_and_nesterov() -> None:
    plan = plan_of(
        params={"optimizer": "muon"}, grid={"momentum": [None, 0.5, 0.0], "nesterov": [True, False]}
    )
    assert chosen(plan, "momentum", "nesterov") == [
        (0.95, True), (0.95, False), (0.5, True), (0.5, False), (0.0, None)
    ]  # fmt: skip
    assert plan.runs[0].id == plan_of(params={"optimizer": "muon"}).runs[0].id


def test_numbers_have_one_type() -> None:
    found = params(learning_rate=1, dropout=0, epochs=3.0, batch=16.0, l2=-0.0)
    kinds = {name: type(found[name]) for name in ("learning_rate", "dropout", "epochs", "batch")}
    assert kinds == {"learning_rate": float, "dropout": float, "epochs": int, "batch": int}
    assert str(found["l2"]) == "0.0"


def test_not_set_is_a_value_only_where_it_is_varied() -> None:
    assert "beta_1" not in params(optimizer="adam")
    plan = plan_of(params={"optimizer": "adam"}, grid={"beta_1": [None, 0.8]})
    assert [dict(run.axes) for run in plan.runs] == [{"beta_1": 0.9}, {"beta_1": 0.8}]
    assert "beta_2" not in plan.runs[0].params
    assert plan.runs[0].id == plan_of(params={"optimizer": "adam"}).runs[0].id


@pytest.mark.parametrize(
    ("batch", "updates"), [("full", 1), ("stochastic", 128), (32, 4), ("mini", 4), (100, 2), (500, 1)]
)
def test_updates_per_epoch(batch: Value, updates: int) -> None:
    """The last, smaller batch counts; no batch is larger than the training split."""
    (run,) = plan_of(replace(FACTS, train=128), params={"batch": batch}).runs
    assert run.updates_per_epoch == updates


def test_updates_are_unknown_where_the_examples_are() -> None:
    (run,) = plan_of(replace(FACTS, train=None)).runs
    assert run.updates_per_epoch is None


def test_which_parameters_are_of_built_in_models() -> None:
    assert sorted(OF_BUILT_IN_MODELS) == [
        "activation", "batch_norm", "dropout", "filters", "hidden", "initializer", "kernel_size", "l2",
    ]  # fmt: skip
