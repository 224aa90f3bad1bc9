"""The proof of the compiled engine on an own model: what it says, what it keeps, what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpexp.messages import Job, Proved, Report
from hpexp.model import Experiment, Group, ModelSpec, Run, Verdict
from hpexp.train.compiled import verdicts
from hpexp.train.compiled.blueprint import Way
from hpexp.train.compiled.proof import difference
from hpexp.train.compiled.small import MOST_EXAMPLES, After, Small
from hpexp.train.compiled.table import Lane
from hpexp.train.data.load import load
from tests.engines import experiment, runs, train

pytestmark = pytest.mark.tensorflow

NET = """
import keras

def build(input_shape, outputs):
    inputs = keras.Input(input_shape)
    again = keras.layers.Dense(4, "tanh")
    return keras.Model(inputs, keras.layers.Dense(outputs)(again(again(inputs))))
"""
NAMES = ("dense/kernel", "norm/mean")


def after(**changes: Any) -> After:
    same = After(
        weights=[np.ones((2, 2))],
        state=[np.zeros(2)],
        slots=[np.ones((2, 2))],
        logs={"loss": 0.5},
        test={"loss": 0.25},
        outputs=np.ones((3, 2)),
    )
    return replace(same, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"weights": [np.ones((2, 2)) + 1e-7]}, None),
        ({"weights": [np.array([[1, 1], [1, 1.03]])]}, "after two steps the weights of dense differ by 3e-2"),
        ({"state": [np.array([0, 0.5])]}, "after two steps the state norm/mean differs by 5e-1"),
        ({"slots": [np.full((2, 2), 3.0)]}, "after two steps the optimizer's state differs by 2e0"),
        ({"logs": {"loss": 0.75}}, "after two steps the loss differs by 2e-1"),
        ({"test": {"loss": 0.5}}, "after two steps the test loss differs by 2e-1"),
        ({"outputs": np.zeros((3, 2))}, "after two steps the outputs differ by 1e0"),
        ({"outputs": np.full((3, 2), np.nan)}, "two steps give numbers that are not finite"),
    ],
)
def test_what_differs_is_said(changes: dict[str, Any], says: str | None) -> None:
    assert difference(after(**changes), after(), NAMES) == says


@pytest.mark.parametrize(
    ("batch", "sizes", "epochs"),
    [(32, [32, 26], 1), (20, [20, 10], 1), (45, [45, 45], 1), ("full", [90], 2), ("stochastic", [1, 1], 1)],
)
def test_the_steps_have_the_batches_of_an_epoch(batch: Any, sizes: Sequence[int], epochs: int) -> None:
    """Of iris' 90 training examples: a whole batch and what is left over at the end of an epoch."""
    arrays = load(experiment("iris").data)
    (run,) = runs(batch=[batch])
    small = Small.of(arrays, Lane(run, 1))
    assert [small.batch, *([len(small.arrays.x_train) - small.batch] * (len(sizes) - 1))] == sizes
    assert small.epochs == epochs
    rows = {row.tobytes() for row in arrays.x_train}
    assert all(row.tobytes() in rows for row in small.arrays.x_train)


def test_a_large_batch_is_cut() -> None:
    (run,) = runs(batch=[500])
    small = Small.of(load(experiment("digits").data), Lane(run, 1))
    assert (small.batch, len(small.arrays.x_train)) == (MOST_EXAMPLES, MOST_EXAMPLES + 1079 % 500)


@pytest.fixture
def spec(tmp_path: Path) -> Experiment:
    (tmp_path / "proved_net.py").write_text(NET)
    return replace(experiment("iris"), model=ModelSpec("python", "proved_net:build", {}, str(tmp_path)))


def lanes_of(proof: str) -> tuple[Run, ...]:
    return tuple(replace(run, proof=proof) for run in runs(learning_rate=[0.01, 0.02], epochs=[2]))


def judged(
    spec: Experiment, lanes: tuple[Run, ...], known: dict[str, Verdict]
) -> tuple[Verdict, list[Report]]:
    reports: list[Report] = []
    job = Job(spec, Group(0, "compiled", lanes), verdicts=known)
    ((_, verdict),) = verdicts.judge(job, [Lane(run, 2) for run in lanes], load(spec.data), reports.append)
    return verdict, reports


def test_a_verdict_is_told_once_and_holds_for_the_same_model_alone(
    spec: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def differences(*arguments: Any) -> dict[Way, list[str | None]]:
        tried.append(arguments)
        return {Way.LANES: ["after two steps the loss differs by 1e0"], Way.SINGLE: [None]}

    monkeypatch.setattr(verdicts, "differences", differences)
    monkeypatch.setattr(verdicts, "_known", {})
    lanes = lanes_of("p")
    verdict, reports = judged(spec, lanes, {})
    assert (verdict.way, verdict.reason) == ("single", "")
    assert reports == [Proved("r0", "p", verdict)]
    assert judged(spec, lanes, {}) == (verdict, [])
    monkeypatch.setattr(verdicts, "_known", {})
    assert judged(spec, lanes, {"p": verdict}) == (verdict, [])
    assert len(tried) == 1
    # The function reads something that its source does not tell, and builds another model now.
    again, _ = judged(spec, lanes, {"p": replace(verdict, model="another", reason="differs")})
    assert again == verdict
    assert len(tried) == 2


def test_a_proof_changes_nothing_of_the_training_after_it(
    spec: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the verdict known beforehand, the same bits are trained."""
    monkeypatch.setattr(verdicts, "_known", {})
    lanes = lanes_of("q")
    proven = train("compiled", spec, lanes)
    assert verdicts._known["q"].reason == ""
    known = train("compiled", spec, lanes)
    assert {result.engine for result in [*proven.results.values(), *known.results.values()]} == {"compiled"}
    for run in lanes:
        assert proven.epochs[run.id] == known.epochs[run.id]
        assert all(map(np.array_equal, proven.weights[run.id], known.weights[run.id]))
