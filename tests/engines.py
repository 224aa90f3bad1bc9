"""Training the same runs by either engine, to compare what they tell and the models they save."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from hpexp.messages import EpochEnd, Finished, Job, Message, Report
from hpexp.model import DataSpec, Engine, Experiment, Group, ModelSpec, Objective, Result, Run, Split, Value
from hpexp.train import fit, traces
from hpexp.train.compiled import cost, part
from hpexp.train.worker import train_job
from tests.builders import of_runs

DEFAULTS: Mapping[str, Value] = {
    "hidden": (8,), "activation": "tanh", "initializer": "glorot_uniform", "dropout": 0.0,
    "batch_norm": False, "l2": 0.0, "output": "logits", "optimizer": "sgd", "learning_rate": 0.05,
    "weight_decay": None, "schedule": "constant", "batch": 32, "epochs": 3, "normalize": "none",
    "label_smoothing": 0.0,
}  # fmt: skip


def experiment(data: str = "iris", model: str = "mlp", **changes: Any) -> Experiment:
    """An experiment on a built-in data set with a built-in model."""
    kind: Any = model
    objective = Objective("val_loss", "min")
    base = Experiment(
        "engines", "", "engines.yaml", "", DataSpec("builtin", data), ModelSpec(kind, model),
        {}, (), (), (), (0,), None, objective,
    )  # fmt: skip
    return replace(base, **changes)


def runs(**axes: Sequence[Value]) -> tuple[Run, ...]:
    """The product of the axes (`seed` is one of them) over `DEFAULTS`."""
    made = []
    for number, values in enumerate(itertools.product(*axes.values())):
        point = dict(zip(axes, values, strict=True))
        seed = point.pop("seed", 0)
        assert isinstance(seed, int)
        name = ",".join(f"{key}={value}" for key, value in [*point.items(), ("seed", seed)])
        params = {**DEFAULTS, **point}
        made.append(Run(f"r{number}", name, "engines", name, params, point, seed, "fit", "", None))
    return tuple(made)


def images(folder: Path) -> DataSpec:
    """48 images for training, 16 for validation: 6 by 6, three classes."""
    random = np.random.default_rng(0)
    y = np.arange(64) % 3
    x = random.random((64, 6, 6, 1), np.float32)
    x[:, :2] += y[:, None, None, None] * np.float32(0.3)
    np.savez(folder / "images.npz", x=x, y=y)
    return DataSpec("npz", str(folder / "images.npz"), split=Split(0.25, 0.0))


def group(*parts: tuple[Run, ...]) -> tuple[Run, ...]:
    """The runs of all parts, with ids of their own."""
    return tuple(replace(run, id=f"r{number}") for number, run in enumerate(itertools.chain(*parts)))


@dataclass(frozen=True)
class Trained:
    """By run id: each epoch's numbers, the result, and the weights of the model that would be saved."""

    epochs: dict[str, list[Mapping[str, float]]]
    results: dict[str, Result]
    weights: dict[str, list[np.ndarray]]
    messages: list[Message]


def train(engine: Engine, spec: Experiment, lanes: tuple[Run, ...]) -> Trained:
    """Train the runs as one group."""
    reports: list[Report] = []
    weights: dict[str, list[np.ndarray]] = {}

    def keep(model: keras.Model, path: str) -> None:
        weights[path] = model.get_weights()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "save_model", keep)
        patch.setattr(part, "save_model", keep)
        # Every call puts other functions there: no own code has.
        patch.setattr(traces, "_clean", None)
        patch.setattr(traces, "_code", [])
        models = {run.id: run.id for run in lanes}
        train_job(Job(spec, Group(0, engine, lanes), models=models), reports.append)
    messages = of_runs(reports)
    epochs: dict[str, list[Mapping[str, float]]] = {run.id: [] for run in lanes}
    for message in messages:
        if isinstance(message, EpochEnd):
            assert message.epoch == len(epochs[message.run_id])
            epochs[message.run_id].append(message.logs)
    results = {m.run_id: m.result for m in messages if isinstance(m, Finished)}
    return Trained(epochs, results, weights, messages)


def assert_same(
    spec: Experiment,
    lanes: tuple[Run, ...],
    rtol: float,
    ways: Sequence[str] = ("graph",),
) -> Trained:
    """Both engines: the same epochs, ends and weights, to a relative tolerance; `fit`'s are returned.

    `ways` are how the compiled engine runs: TensorFlow's graph, or XLA. Weights are
    compared relative to the largest of their tensor.
    """
    expected = train("fit", spec, lanes)
    for way in ways:
        with compiling(way):
            compiled = train("compiled", spec, lanes)
        for run in lanes:
            same_run(run, compiled, expected, rtol)
    return expected


@contextmanager
def compiling(way: str) -> Iterator[None]:
    """Inside, the compiled engine always (`xla`) or never (`graph`) compiles with XLA."""
    before = cost.COMPILE_SECONDS
    cost.COMPILE_SECONDS = {"xla": 0.0, "graph": float("inf")}[way]
    try:
        yield
    finally:
        cost.COMPILE_SECONDS = before


def same_run(run: Run, compiled: Trained, expected: Trained, rtol: float) -> None:
    mine, other = compiled.results[run.id], expected.results[run.id]
    assert mine.engine == "compiled"
    assert other.engine == "fit"
    assert mine.status == other.status, run.name
    assert mine.epochs == other.epochs, run.name
    assert mine.best_epoch == other.best_epoch, run.name
    assert mine.divergence == other.divergence, run.name
    assert mine.error == other.error, run.name
    close(run.name, mine.metrics, other.metrics, rtol)
    close(run.name, mine.test, other.test, rtol)
    assert len(compiled.epochs[run.id]) == len(expected.epochs[run.id]), run.name
    for epoch, wanted in zip(compiled.epochs[run.id], expected.epochs[run.id], strict=True):
        close(run.name, epoch, wanted, rtol)
    weights = (trained.weights.get(run.id, ()) for trained in (compiled, expected))
    for weight, wanted in zip(*weights, strict=True):
        scale = max(float(np.max(np.abs(wanted), initial=0)), 1e-3)
        np.testing.assert_allclose(weight, wanted, rtol=0, atol=10 * rtol * scale, err_msg=run.name)


def close(name: str, mine: Mapping[str, float], expected: Mapping[str, float], rtol: float) -> None:
    assert set(mine) == set(expected), name
    for key, value in expected.items():
        np.testing.assert_allclose(mine[key], value, rtol=rtol, atol=rtol * 1e-3, err_msg=f"{name}: {key}")
