"""One experiment file as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hpexp.model.data import DataSpec
from hpexp.model.words import EngineChoice, Mode, Params, Taken, Value


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model: a built-in's name, or `module:function` of own code."""

    kind: Literal["mlp", "cnn", "linear", "python"]
    source: str
    options: Params = field(default_factory=dict)
    folder: str = ""


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """When to stop a run; the meaning of keras.callbacks.EarlyStopping.

    `patience` counts epochs; `mode` is already decided from the metric.
    """

    monitor: str = "val_loss"
    patience: int = 3
    min_delta: float = 0.0
    mode: Mode = "min"


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric that ranks runs, and the epoch at which each run is taken.

    A run's metrics, its test scores and its saved model are those of one epoch: the `best` by the
    metric (with early stopping, by the metric that it monitors), or the `last`.
    """

    metric: str
    mode: Mode
    epoch: Taken = "best"

    @property
    def restores(self) -> bool:
        """Whether a run goes back to the weights of its best epoch."""
        return self.epoch == "best"

    def better(self, one: float, other: float) -> bool:
        """Whether `one` beats `other`; NaN never does."""
        return one > other if self.mode == "max" else one < other


@dataclass(frozen=True, slots=True)
class TensorBoardOptions:
    """What to log besides the scalars. `histograms` is a period in epochs, 0 for never."""

    graph: Literal["first", "all", "none"] = "first"
    histograms: int = 0


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """`checkpoint_every` is a period in epochs, 0 for never."""

    checkpoint_every: int = 0
    save_model: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run, and the whole experiment, may cost. Times are in seconds, `None` for no limit."""

    timeout: float | None = None
    idle_timeout: float | None = None
    retries: int = 0
    max_failures: int | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    """`memory` is the byte budget of one worker's data and lanes; `jobs` the number of workers.

    `examples`, `disk` (bytes) and `loading` (seconds) bound what comes from a function some
    examples at a time, so that what has no end is found out.
    """

    memory: int | None = None
    jobs: int | None = None
    disk: int | None = None
    examples: int = 10_000_000
    loading: float = 600.0


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a grid: names that move together (one name, or several under `zip`).

    `values` holds one tuple per point of the axis, in the order of `names`.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]


Block: TypeAlias = tuple[Axis, ...]
"""Axes whose product is taken; an experiment joins the products of its blocks."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment file, read, checked and with every default filled in."""

    name: str
    description: str
    path: str
    """The file it came from, as the person wrote it."""
    text: str
    """The file's text, with the overrides given on the command line appended as comments."""
    data: DataSpec
    model: ModelSpec
    params: Params
    """Only what the file sets; defaults are filled in by the plan, point by point."""
    grid: tuple[Block, ...]
    include: tuple[Params, ...]
    exclude: tuple[Params, ...]
    seeds: tuple[int, ...]
    early_stopping: EarlyStopping | None
    objective: Objective
    repeats: int = 1
    """How many times the split is drawn; each drawing is a replicate of every point and seed."""
    tensorboard: TensorBoardOptions = TensorBoardOptions()
    training: TrainingOptions = TrainingOptions()
    limits: Limits = Limits()
    resources: Resources = Resources()
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    """Line and column of each name under `grid`, `include` and `params`, the first one of each."""
    engine: EngineChoice = "auto"
    """What the file asks for; `--engine` wins over it. Ids do not depend on it."""
    smoke: bool = False
    """One epoch on a small slice of the data, to see that everything runs."""
