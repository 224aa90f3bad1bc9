"""Compiled wherever it is proven equal, and the reason where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from hpexp.model import ModelSpec, TensorBoardOptions, TrainingOptions
from tests.plans import plan_of


def engine(**changes: Any) -> tuple[str, str]:
    (run,) = plan_of(**changes).runs
    return run.engine, run.engine_reason


@pytest.mark.parametrize("asked", ["auto", "compiled"])
def test_compiled_where_it_is_proven(asked: str) -> None:
    assert engine(engine=asked) == ("compiled", "")
    assert engine(engine=asked, model=ModelSpec("python", "nowhere:build")) == ("compiled", "")


def test_fit_where_it_is_asked_for() -> None:
    assert engine(engine="fit") == ("fit", "asked for")


@pytest.mark.parametrize("asked", ["auto", "compiled"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"training": TrainingOptions(checkpoint_every=2)},
            "training.checkpoint_every: only fit writes checkpoints",
        ),
        (
            {"tensorboard": TensorBoardOptions(histograms=1)},
            "tensorboard.histograms: only fit writes histograms",
        ),
    ],
)
def test_fit_where_compiled_is_not_proven(asked: str, changes: dict[str, Any], reason: str) -> None:
    assert engine(engine=asked, **changes) == ("fit", reason)
