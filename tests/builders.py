"""Small experiments, runs and plans for tests, without reading a file."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from hpexp.messages import Job
from hpexp.model import (
    DataFacts,
    DataSpec,
    Engine,
    Experiment,
    Group,
    Limits,
    ModelSpec,
    Objective,
    Plan,
    Run,
    Value,
)


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
