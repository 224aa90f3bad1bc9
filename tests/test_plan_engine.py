"""Compiled unless `fit` is asked for, or the data are too large; equality is proven elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hpexp.errors import ConfigError
from hpexp.memory import TOO_LARGE
from hpexp.model import DataSize, ModelSpec, Resources, TensorBoardOptions, TrainingOptions
from hpexp.plan import build_plan
from tests.plans import FACTS, experiment, plan_of

LARGE = replace(FACTS, size=DataSize(1797, 260))
BUDGET = {"resources": Resources(memory=100_000)}

EXPERIMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "own model": {"model": ModelSpec("python", "nowhere:build")},
    "checkpoints": {"training": TrainingOptions(checkpoint_every=2)},
    "histograms": {"tensorboard": TensorBoardOptions(histograms=1)},
    "glu": {"params": {"activation": "glu"}},
}


@pytest.mark.parametrize("changes", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
@pytest.mark.parametrize(
    ("asked", "engine", "reason"),
    [("auto", "compiled", ""), ("compiled", "compiled", ""), ("fit", "fit", "--engine fit")],
)
def test_engine(changes: dict[str, Any], asked: str, engine: str, reason: str) -> None:
    plan = plan_of(engine=asked, **changes)
    assert [(run.engine, run.engine_reason) for run in plan.runs] == [(engine, reason)]
    assert [group.engine for group in plan.groups] == [engine]


@pytest.mark.parametrize(
    ("of_file", "given", "engine", "reason"),
    [
        ("fit", None, "fit", "engine: fit"),
        ("compiled", None, "compiled", ""),
        ("fit", "compiled", "compiled", ""),
        ("fit", "auto", "compiled", ""),
        ("compiled", "fit", "fit", "--engine fit"),
    ],
)
def test_the_command_line_wins_over_the_file(of_file: Any, given: Any, engine: str, reason: str) -> None:
    (run,) = build_plan(experiment(engine=of_file), FACTS, engine=given).runs
    assert (run.engine, run.engine_reason) == (engine, reason)
    assert run.id == plan_of().runs[0].id


@pytest.mark.parametrize(
    ("asked", "reason"), [("auto", TOO_LARGE), ("compiled", TOO_LARGE), ("fit", "--engine fit")]
)
def test_data_larger_than_memory_go_through_fit(asked: str, reason: str) -> None:
    plan = plan_of(LARGE, engine=asked, grid={"learning_rate": [0.1, 0.2]}, **BUDGET)
    assert [(run.engine, run.engine_reason) for run in plan.runs] == [("fit", reason)] * 2
    assert len(plan.groups) == 2


def test_the_budget_is_no_part_of_a_run() -> None:
    assert plan_of(LARGE, **BUDGET).runs[0].id == plan_of().runs[0].id


def test_batches_that_do_not_fit_are_errors_of_the_file() -> None:
    with pytest.raises(ConfigError) as raised:
        plan_of(LARGE, grid={"batch": ["full", 16, 500, "stochastic"]}, **BUDGET)
    first, second = str(raised.value).splitlines()
    assert first.startswith("toy.yaml: batch: 500 is 500 examples at once, which take 390 kB, more than")
    assert second == (
        "toy.yaml: batch: full is 1,079 examples at once, which take 841.6 kB, more than the memory budget "
        "of 100 kB; take a batch of at most 128, or raise resources.memory"
    )
