"""Data that stay on disk train to the numbers of the same data in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest

from hpexp.messages import EpochEnd, Finished, Job, LogText
from hpexp.model import (
    DataSpec,
    EarlyStopping,
    Engine,
    Experiment,
    Group,
    ModelSpec,
    Resources,
    Result,
    Run,
    Split,
    Status,
)
from hpexp.train import worker
from hpexp.train.data import Streamed
from tests.engines import experiment, group, runs
from tests.large_data import compressed, csv, images, memory_map, npz, splits

pytestmark = pytest.mark.tensorflow

TINY = Resources(memory=4000)
"""Too little for the data here, enough for batches of 32 examples of a few inputs."""


@pytest.fixture(autouse=True)
def nothing_opened(private_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_opened", {})


def train(
    spec: Experiment, lanes: tuple[Run, ...], engine: Engine = "fit"
) -> tuple[dict[str, list[Mapping[str, float]]], dict[str, Result], dict[str, str]]:
    """Each epoch's numbers, the results, and the logs, by run id."""
    messages: list[Any] = []
    worker.train_job(Job(spec, Group(0, engine, lanes)), messages.append)
    epochs: dict[str, list[Mapping[str, float]]] = {run.id: [] for run in lanes}
    for message in messages:
        if isinstance(message, EpochEnd):
            epochs[message.run_id].append(message.logs)
    results = {m.run_id: m.result for m in messages if isinstance(m, Finished)}
    return epochs, results, {m.run_id: m.text for m in messages if isinstance(m, LogText)}


def on_disk(data: DataSpec, **changes: Any) -> Experiment:
    return replace(experiment(**{"resources": TINY, **changes}), data=data)


LANES = group(
    runs(batch=["full", "mini", 20], normalize=["standard"], epochs=[2]),
    runs(batch=["stochastic"], normalize=["standard"], epochs=[1]),
    runs(optimizer=["adam"], dropout=[0.3], batch_norm=[True], normalize=["minmax"], seed=[0, 1]),
)


def assert_trains_alike(spec: Experiment, lanes: tuple[Run, ...]) -> None:
    """The same bits: batches, their order and every sum are the same."""
    epochs, results, _ = train(replace(spec, resources=Resources()), lanes)
    streamed_epochs, streamed, _ = train(spec, lanes)
    assert worker._opened
    assert all(isinstance(data, Streamed) for data, *_ in worker._opened.values())
    assert streamed_epochs == epochs
    for run in lanes:
        mine, other = streamed[run.id], results[run.id]
        assert (mine.status, mine.error) == (other.status, other.error) == (Status.DONE, None)
        assert mine.metrics == other.metrics
        assert mine.test == other.test
        assert mine.test


@pytest.mark.parametrize("source", [csv, npz, memory_map])
def test_runs_end_with_the_same_numbers(source: Any, tmp_path: Path) -> None:
    assert_trains_alike(on_disk(source(tmp_path), resources=Resources(memory=9000)), LANES)


@pytest.mark.parametrize("source", [compressed, images, splits])
def test_other_data_and_models_too(source: Any, tmp_path: Path) -> None:
    spec = on_disk(source(tmp_path), early_stopping=EarlyStopping(patience=5))
    model = ModelSpec("cnn", "cnn") if source is images else ModelSpec("linear", "linear")
    assert_trains_alike(replace(spec, model=model), runs(filters=[(3,)], batch=[16], epochs=[2], l2=[0.01]))


def test_no_validation_and_no_test(tmp_path: Path) -> None:
    spec = on_disk(replace(npz(tmp_path), split=Split(0.0, 0.0)))
    (result,) = train(spec, runs(epochs=[1]))[1].values()
    assert result.status is Status.DONE
    assert set(result.metrics) == {"loss", "accuracy"}
    assert not result.test


def test_a_compiled_group_goes_through_fit_and_says_why(tmp_path: Path) -> None:
    spec = on_disk(memory_map(tmp_path))
    _, results, logs = train(spec, runs(seed=[0, 1], epochs=[1]), "compiled")
    assert [result.engine for result in results.values()] == ["fit", "fit"]
    assert set(logs.values()) == {"not compiled: data larger than the memory budget: fit with tf.data\n"}


def test_a_batch_that_is_too_large_fails_before_it_is_trained(tmp_path: Path) -> None:
    spec = on_disk(memory_map(tmp_path))
    epochs, results, _ = train(spec, group(runs(batch=["full"]), runs(batch=[16], epochs=[1])))
    assert not epochs["r0"]
    assert results["r0"].status is Status.FAILED
    assert results["r0"].error == (
        "batch: full is 90 examples at once, which take 6.48 kB, more than the memory budget of "
        "4 kB; take a batch of at most 55, or raise resources.memory"
    )
    assert results["r1"].status is Status.DONE


def test_keras_works_in_float64_too(tmp_path: Path) -> None:
    before = keras.config.floatx()
    try:
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        assert_trains_alike(on_disk(npz(tmp_path)), runs(epochs=[1]))
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)
