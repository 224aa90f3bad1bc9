"""How the compiled engine keeps its lanes: memory, finished lanes, messages, own models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpexp.messages import EpochEnd, Finished, Started, Together
from hpexp.model import EarlyStopping, ModelSpec, Resources, Run
from hpexp.train.compiled import training
from hpexp.train.compiled.memory import split_evenly
from hpexp.train.compiled.stopping import Best
from tests.builders import of_runs
from tests.engines import Trained, close, compiling, experiment, group, runs, train

pytestmark = pytest.mark.tensorflow

MODELS = """
import keras

def widened(input_shape, outputs):
    inputs = x = keras.Input(input_shape)
    x = keras.layers.Dense(6, activation="gelu")(x)
    y = keras.layers.Dense(6, kernel_regularizer="l2")(keras.layers.LayerNormalization()(x))
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.Add()([x, y])))

def convolved(input_shape, outputs, width=3):
    layers = [keras.layers.Reshape((*input_shape, 1)), keras.layers.Conv1D(width, 2), keras.layers.Flatten()]
    return keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dense(outputs)])

def noisy(input_shape, outputs):
    layers = [keras.layers.Dense(6), keras.layers.Dropout(0.5), keras.layers.Dense(outputs)]
    return keras.Sequential([keras.Input(input_shape), *layers])
"""


def same(lanes: tuple[Run, ...], one: Trained, other: Trained, rtol: float = 1e-4) -> None:
    for run in lanes:
        for epoch, expected in zip(one.epochs[run.id], other.epochs[run.id], strict=True):
            close(run.name, epoch, expected, rtol)
        mine, theirs = one.results[run.id], other.results[run.id]
        assert (mine.status, mine.epochs) == (theirs.status, theirs.epochs)
        assert mine.best_epoch == theirs.best_epoch
        close(run.name, mine.test, theirs.test, rtol)


def test_memory_bounds_the_lanes_that_train_at_a_time() -> None:
    lanes = runs(optimizer=["adam"], learning_rate=[0.01, 0.02, 0.03, 0.04], seed=[0, 1])
    whole = train("compiled", experiment(), lanes)
    chunked = train("compiled", experiment(resources=Resources(memory=30_000)), lanes)
    starts = [m.time for m in chunked.messages if isinstance(m, Started)]
    assert len(set(starts)) > 1
    same(lanes, whole, chunked)


def test_lanes_split_evenly() -> None:
    assert split_evenly(10, 4) == [(0, 3), (3, 6), (6, 10)]
    assert split_evenly(3, 100) == [(0, 3)]


@pytest.mark.parametrize("batch_norm", [False, True])
def test_finished_lanes_are_left_behind(batch_norm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes that go on in a smaller program go on as if nothing had happened."""
    rule = EarlyStopping("val_loss", 2, 0.0, "min")
    lanes = group(
        *(runs(optimizer=[name], epochs=[1, 2, 7], batch_norm=[batch_norm]) for name in ("nadam", "sgd")),
        runs(optimizer=["sgd"], momentum=[0.9], epochs=[7], seed=[1], batch_norm=[batch_norm]),
    )
    spec = experiment(early_stopping=rule)
    together = train("compiled", spec, lanes)
    monkeypatch.setattr(training, "COMPACTION_SECONDS", 0.0)
    same(lanes, together, train("compiled", spec, lanes))


def test_messages_stream_epoch_by_epoch() -> None:
    lanes = runs(epochs=[1, 3])
    messages = train("compiled", experiment(), lanes).messages
    kinds = [(type(m), m.run_id) for m in messages]
    assert kinds == [
        (Started, "r0"), (Started, "r1"), (Together, "r0"),
        (EpochEnd, "r0"), (EpochEnd, "r1"), (Finished, "r0"),
        (EpochEnd, "r1"), (EpochEnd, "r1"), (Finished, "r1"),
    ]  # fmt: skip
    assert sum(m.result.seconds for m in messages if isinstance(m, Finished)) > 0


def test_smoke_trains_one_epoch() -> None:
    trained = train("compiled", experiment(smoke=True), runs(epochs=[5]))
    assert len(trained.epochs["r0"]) == 1


@pytest.mark.parametrize("function", ["widened", "convolved"])
def test_own_models(function: str, tmp_path: Path) -> None:
    """By lanes where TensorFlow can rewrite the layers, else lane by lane in one program."""
    (tmp_path / "own_models.py").write_text(MODELS)
    spec = experiment(model="mlp")
    spec = replace(spec, model=ModelSpec("python", f"own_models:{function}", {}, str(tmp_path)))
    lanes = runs(learning_rate=[0.01, 0.1], seed=[0, 1], epochs=[2])
    fit = train("fit", spec, lanes)
    with compiling("graph"):
        compiled = train("compiled", spec, lanes)
    assert {result.engine for result in compiled.results.values()} == {"compiled"}
    same(lanes, compiled, fit)


def test_best_follows_keras() -> None:
    """NaN never beats a number; `min_delta` is how much better is better; patience counts epochs."""
    rule = EarlyStopping("val_loss", 2, 0.1, "min")
    best = Best.of(3, "min", rule.min_delta)
    active = np.ones(3, bool)
    values = [[1.0, 1.0, 1.0], [0.95, 0.8, np.nan], [0.94, 0.75, 0.5]]
    stops = []
    for epoch, row in enumerate(values):
        improved = best.see(epoch, np.array(row), active)
        stops.append(best.out_of_patience(epoch, rule, active, improved).tolist())
    assert best.epoch.tolist() == [0, 1, 2]
    assert stops == [[False] * 3, [False] * 3, [True, False, False]]


def test_an_own_model_that_draws_random_numbers_is_not_compiled(tmp_path: Path) -> None:
    from hpexp.messages import Job, Report
    from hpexp.model import Group
    from hpexp.train.compiled import train_group
    from hpexp.train.data.load import load

    (tmp_path / "noisy_models.py").write_text(MODELS)
    spec = replace(experiment(), model=ModelSpec("python", "noisy_models:noisy", {}, str(tmp_path)))
    reports: list[Report] = []
    refused = train_group(Job(spec, Group(0, "compiled", runs())), load(spec.data), reports.append)
    assert refused == {"r0": "it draws random numbers, which `fit` would draw in another order"}
    assert not of_runs(reports)
