"""What the store gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpexp.model import DataSummary, Divergence, Engine, Files, Objective, Params, Status


@dataclass(frozen=True, slots=True)
class Invocation:
    """One `hpexp run` that trained something: what it was called with and where.

    `facts` are those of `hpexp.environment.describe`; `config` is the experiment file's
    text at that time. `time` is seconds since the Unix epoch.
    """

    time: float
    command: str
    path: str
    config: str
    facts: Mapping[str, Any]

    @property
    def overrides(self) -> tuple[str, ...]:
        """The `--set` of the command, in order."""
        return tuple(self.facts.get("overrides", ()))


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run and how it ended. `metrics` are those of `best_epoch`, which counts from 0.

    `name` is the folder of its logs. `started` and `finished` are seconds since the Unix
    epoch; `made` is the `hpexp run` that trained it, None as long as none has.
    """

    experiment: str
    id: str
    point: str
    name: str
    params: Params
    axes: Params
    seed: int
    engine: Engine
    status: Status
    epochs: int
    best_epoch: int | None
    metrics: Mapping[str, float]
    test: Mapping[str, float]
    seconds: float
    error: str | None
    traceback: str | None
    divergence: Divergence | None
    devices: str
    started: float | None
    finished: float | None
    planned: bool
    """Whether the experiment file, as it was at the last `hpexp run`, still asks for it."""
    made: Invocation | None
    fingerprint: str = ""
    """Of the data it was trained on, '' where that is not known."""
    files: Files = field(default_factory=dict)
    """Its event files as they were when it ended; none of an hpexp that did not note them."""
    repeat: int = 0
    """Of the split: with the seed it tells the runs of a point apart."""
    engine_reason: str = ""
    """Why an own model was not compiled; '' where it was, or nobody asked for it."""
    data: DataSummary | None = None
    """What the data of this fingerprint came to, None where that is not known."""
    own_loss: bool = False
    """Whether its losses are the model's own affair, so that only runs of the same code compare by them."""


@dataclass(frozen=True, slots=True)
class StoredExperiment:
    """An experiment as its last `hpexp run` knew it; `counts` are of its planned runs."""

    name: str
    description: str
    path: str
    config: str
    objective: Objective
    smoke: bool
    updated: float
    counts: Mapping[Status, int]
