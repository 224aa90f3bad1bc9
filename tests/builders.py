"""Small experiments, runs and plans for tests, without reading a file."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from hpexp.messages import DataFound, EpochEnd, Job, Message, Phase, Report
from hpexp.model import (
    Baseline,
    DataFacts,
    DataSpec,
    DataSummary,
    Engine,
    Experiment,
    Group,
    Limits,
    ModelSpec,
    Objective,
    Plan,
    Result,
    Run,
    Status,
    Value,
)
from hpexp.paths import LogsFolder
from hpexp.store import Store


def an_experiment(name: str = "toy", *, limits: Limits | None = None, **model_options: Value) -> Experiment:
    """An experiment on digits; `model_options` are those of `hpexp.execute.fake`."""
    return Experiment(
        name=name,
        description="",
        path=f"{name}.yaml",
        text=f"name: {name}\n",
        data=DataSpec("builtin", "digits"),
        model=ModelSpec("mlp", "mlp", dict(model_options)),
        params={},
        grid=(),
        include=(),
        exclude=(),
        seeds=(0,),
        early_stopping=None,
        objective=Objective("val_accuracy", "max"),
        limits=limits or Limits(),
    )


def a_run(seed: int = 0, experiment: str = "toy", *, epochs: int = 3, **params: Value) -> Run:
    """A run that varies `params` and its seed."""
    axes = dict(params)
    name = ",".join([*(f"{key}={value}" for key, value in axes.items()), f"seed={seed}"])
    run_id = sha256(f"{experiment} {name} {epochs}".encode()).hexdigest()[:12]
    return Run(
        id=run_id,
        point=",".join(f"{key}={value}" for key, value in axes.items()),
        experiment=experiment,
        name=f"{name}-{run_id[:6]}",
        params={"epochs": epochs, **axes},
        axes=axes,
        seed=seed,
        engine="fit",
        engine_reason="",
        updates_per_epoch=34,
    )


def a_job(experiment: Experiment, *runs: Run, engine: Engine = "fit", **changes: Any) -> Job:
    return replace(Job(experiment, Group(0, engine, runs)), **changes)


def a_plan(experiment: Experiment, *runs: Run) -> Plan:
    """A plan in which every run is a group of its own."""
    groups = tuple(Group(number, "fit", (run,)) for number, run in enumerate(runs))
    facts = DataFacts("f" * 12, "classification", 1079, 359, 359)
    return Plan(experiment, facts, runs, groups, (), len(runs))


def a_result(value: float = 0.9, status: Status = Status.DONE, **changes: Any) -> Result:
    """A result of three epochs whose validation accuracy is `value`."""
    metrics = {"loss": 1 - value, "accuracy": value, "val_loss": 1 - value, "val_accuracy": value}
    return replace(Result(status, 3, 2, metrics, {"loss": 0.5, "accuracy": 0.5}, 1.5), **changes)


def a_data_summary(majority: float = 0.6) -> DataSummary:
    """Two classes, the first of which makes this share of 100 validation examples."""
    first = round(100 * majority)
    counts = (first, 100 - first)
    return DataSummary(
        "classification",
        {"train": 100, "validation": 100, "test": 0},
        ("no", "yes"),
        {"train": counts, "validation": counts, "test": (0, 0)},
        (Baseline("validation", "accuracy", first / 100, "the majority class, no"),),
    )


def a_loss_summary() -> DataSummary:
    """Of regression: what the mean and the median score on 100 validation examples."""
    return DataSummary(
        "regression",
        {"train": 100, "validation": 100, "test": 0},
        baselines=(
            Baseline("validation", "loss", 0.25, "the mean"),
            Baseline("validation", "mae", 0.5, "the median"),
        ),
    )


def store_results(
    logs: LogsFolder, experiment: Experiment, results: Sequence[tuple[Run, Result | None]]
) -> None:
    """Store runs as the driver does; a run whose result is None stays pending."""
    with Store.open(logs) as store:
        store.begin(experiment, f"hpexp run {experiment.path}", {"python": "3.11.7", "git": None})
        store.add([run for run, _ in results])
        for run, result in results:
            if result is not None:
                store.started(experiment.name, run.id, time.time())
                for epoch in range(result.epochs):
                    loss = 1.0 / (epoch + 1)
                    row = {"loss": loss, "accuracy": 1 - loss, "val_loss": loss, "val_accuracy": 1 - loss}
                    store.epoch(experiment.name, EpochEnd(run.id, epoch, row, 1001.0 + epoch))
                store.finished(experiment.name, run.id, result)


def of_runs(reports: Iterable[Report]) -> list[Message]:
    """What is told of single runs: without the data, and without what is for the driver's clock."""
    return [report for report in reports if not isinstance(report, Phase | DataFound)]
