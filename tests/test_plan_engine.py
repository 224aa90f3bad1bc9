"""Compiled unless `fit` is asked for: the plan need not know more, because equality is proven elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from hpexp.model import ModelSpec, TensorBoardOptions, TrainingOptions
from tests.plans import plan_of

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
    [("auto", "compiled", ""), ("compiled", "compiled", ""), ("fit", "fit", "asked for")],
)
def test_engine(changes: dict[str, Any], asked: str, engine: str, reason: str) -> None:
    plan = plan_of(engine=asked, **changes)
    assert [(run.engine, run.engine_reason) for run in plan.runs] == [(engine, reason)]
    assert [group.engine for group in plan.groups] == [engine]
