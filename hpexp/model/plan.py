"""What an experiment comes to: runs, groups, and what fell away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from hpexp.model.data import DataFacts
from hpexp.model.experiment import Experiment
from hpexp.model.words import Engine, Params


@dataclass(frozen=True, slots=True)
class Run:
    """One training: a point of the grid and a seed."""

    id: str
    """12 hex digits; equal ids mean equal results."""
    point: str
    """The id without the seed: replicates of one point share it."""
    experiment: str
    name: str
    """Its folder's name under the experiment's: `learning_rate=0.01,seed=0-3f2a9c`."""
    params: Params
    """Every parameter that has an effect here, defaults included."""
    axes: Params
    """The part of `params` that the experiment varies, in the order of the file."""
    seed: int
    engine: Engine
    engine_reason: str
    """Why this engine: for `fit`, what keeps the run from being compiled; else ''."""
    updates_per_epoch: int | None
    """Weight updates in one epoch; `None` where the number of examples is not known yet."""
    repeat: int = 0
    """Which drawing of the split it is trained on."""
    proof: str = ""
    """What the verdict on an own model in the compiled engine is kept under; '' where none is kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the compiled engine trains an own model, with one kind of optimizer, as `fit` does.

    `model` is a fingerprint of the model that it was tried with, and of the data where a data
    function gives them; `way` is how its lanes are computed, and `xla` whether XLA may compile
    them. `reason` tells what differs, in words; '' where nothing does.
    """

    model: str
    way: str
    xla: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that one worker trains together; as lanes of one program when compiled."""

    id: int
    engine: Engine
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """How a run was trained, as far as the last bits of its numbers depend on it.

    Sums are taken in an order that depends on how many lanes a program has, and on which of
    them is the run's; so it takes the same program to give the same bits.
    """

    lanes: tuple[str, ...]
    """The ids of the runs that were its lanes, in their order; the run alone under `fit`."""
    threads: int
    """Of TensorFlow's, within an operation; 0 where it chose by itself."""
    xla: bool = False
    left: tuple[int, ...] = ()
    """The numbers of epochs after which lanes that had ended were left behind."""
    resumed: bool = False
    """Whether it went on from a checkpoint, of lanes that had trained in other programs."""


@dataclass(frozen=True, slots=True)
class Lacks:
    """Why a parameter has no effect: what was chosen has no such parameter, `optimizer adam` say."""

    noun: str
    value: str

    def __str__(self) -> str:
        return f"{self.noun} {self.value} has none"


Reason: TypeAlias = Lacks | str
"""Why a parameter has no effect; a sentence where nothing is told alike of several values."""


@dataclass(frozen=True, slots=True)
class Collapse:
    """Points that became equal because a parameter has no effect there."""

    param: str
    reason: Reason
    points: int
    """How many points were dropped for it."""


@dataclass(frozen=True, slots=True)
class Idle:
    """A name of `params`, `grid` or `include` that has no effect in any run, and why.

    `meant` is a hint at the name that may have been meant, or ''.
    """

    name: str
    reasons: tuple[Reason, ...]
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an experiment comes to."""

    experiment: Experiment
    facts: DataFacts
    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    collapsed: tuple[Collapse, ...]
    requested: int
    """Runs before anything collapsed: points times seeds."""
    unmatched: tuple[Params, ...] = ()
    """Entries of `exclude` that hold at no point of the grid."""
    idle: tuple[Idle, ...] = ()
    """What the file sets and no run heeds."""
    code: Mapping[str, str] = field(default_factory=dict)
    """The files of own code that the ids hold, by path, and what tells their texts."""
