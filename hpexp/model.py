"""The words of hpexp as frozen values. They flow one way: Experiment -> Plan -> Result.

Everything here can be pickled and sent to a worker on another machine; nothing here
does anything. Mappings are plain dicts that nobody changes after construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

Value: TypeAlias = bool | int | float | str | tuple[int, ...] | None
"""One value of a parameter; a tuple is a list of layer widths, `None` means "not set"."""

Params: TypeAlias = Mapping[str, Value]

Engine: TypeAlias = Literal["compiled", "fit"]
EngineChoice: TypeAlias = Literal["auto", "compiled", "fit"]
Mode: TypeAlias = Literal["min", "max"]
Taken: TypeAlias = Literal["best", "last"]
"""The epoch that a run's numbers are of."""
Task: TypeAlias = Literal["classification", "regression"]


class Status(StrEnum):
    """How far a run has come, or how it ended."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """Ended by early stopping; a success."""
    DIVERGED = "diverged"
    """NaN or infinity in the loss, a gradient or a weight; a result, never the best one."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"

    @property
    def finished(self) -> bool:
        """Whether the run has its answer, so that `hpexp run` skips it."""
        return self in (Status.DONE, Status.STOPPED, Status.DIVERGED)

    @property
    def ranked(self) -> bool:
        """Whether the run may be called the best."""
        return self in (Status.DONE, Status.STOPPED)


FAILURES = (Status.FAILED, Status.TIMEOUT)
"""What `hpexp run` counts against `max_failures`, and ends with exit code 1 for."""


@dataclass(frozen=True, slots=True)
class Split:
    """Shares of the examples for validation and test, and the seed that picks them."""

    validation: float = 0.2
    test: float = 0.2
    seed: int = 0
    repeat: int = field(default=0, repr=False)
    """Which drawing of training and validation; the test split is the same in all. Not in the repr,
    which goes into fingerprints: what is known of data holds for every drawing.
    """


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How the cells of a csv or parquet file are read. `missing` are texts; the others name columns."""

    delimiter: str = ","
    decimal: str = "."
    missing: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataSpec:
    """Which data, before anything is read.

    `source` is a data set's name (`builtin`, `keras`), an absolute path (`csv`, `parquet`, `npz`,
    `images`) or `module:function` (`python`). `options` are the remaining keys of the
    `data` map: `target` of a csv, the keyword arguments of a function.
    """

    kind: Literal["builtin", "keras", "csv", "parquet", "npz", "images", "python"]
    source: str
    options: Params = field(default_factory=dict)
    split: Split = Split()
    folder: str = ""
    """The experiment file's folder, where own Python modules are looked for."""
    table: TableOptions = TableOptions()


@dataclass(frozen=True, slots=True)
class DataSize:
    """How large data are as float32 arrays: all examples, and the bytes of one with its target.

    `wide` data are float64 until they are scaled, because float32 cannot hold them.
    """

    examples: int
    example_bytes: int
    wide: bool = False

    @property
    def bytes(self) -> int:
        return self.examples * self.example_bytes


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that is an input: numbers, or a category with these `words`.

    `missing` counts the cells that the experiment file declares as such.
    """

    name: str
    words: tuple[str, ...] | None = None
    missing: int = 0

    @property
    def is_number(self) -> bool:
        return self.words is None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What the columns of a table are: the target, and the inputs in the order of the file."""

    target: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What is known of the data without loading it as arrays.

    Counts are numbers of examples, `None` where only running own code could tell. `size` may
    be an estimate; it is that of all the data, also where a smoke run uses a slice of them.
    `shape` is that of one example, and `notes` say what was assumed, a sentence each.
    """

    fingerprint: str
    task: Task | None
    train: int | None
    validation: int | None
    test: int | None
    size: DataSize | None = None
    shape: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    classes: tuple[tuple[str, int], ...] = ()
    """The classes by number: their names, and how many examples of each there are in all."""
    table: TableFacts | None = None
    content: str = ""
    """A digest of the files that the data are read from; '' where there are none, or own code reads them."""


Part: TypeAlias = Literal["train", "validation", "test"]
"""One of the splits of the data."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the best constant prediction scores: fitted on the training split, whatever the inputs.

    `how` names the prediction: the majority class, the class shares, the mean, the median.
    """

    part: Part
    metric: str
    """`accuracy`, `loss`, …, without the split's prefix."""
    value: float
    how: str


@dataclass(frozen=True, slots=True)
class DataSummary:
    """What a worker found when it had loaded and split the data.

    `examples` are the numbers of examples by split. `classes` are the classes' names by number, and
    `counts` how many examples of each a split has; both are empty where there are no classes.
    """

    task: Task
    examples: Mapping[Part, int]
    classes: tuple[str, ...] = ()
    counts: Mapping[Part, tuple[int, ...]] = field(default_factory=dict)
    baselines: tuple[Baseline, ...] = ()

    def baseline(self, metric: str) -> Baseline | None:
        """The baseline of a metric by its name in an epoch's logs: `val_accuracy`, `loss`, …"""
        part: Part = "validation" if metric.startswith("val_") else "train"
        return self.baseline_of(part, metric.removeprefix("val_"))

    def baseline_of(self, part: Part, metric: str) -> Baseline | None:
        """The baseline of a metric, named without a prefix, on a split."""
        wanted = metric.removeprefix("data_")
        return next((one for one in self.baselines if (one.part, one.metric) == (part, wanted)), None)


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


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a finished file held: its length in bytes and the `zlib.crc32` of all of it."""

    size: int
    checksum: int


Files: TypeAlias = Mapping[str, FileFacts]
"""A run's event files, by their path below its folder."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a run met NaN or infinity first. `epoch` counts from 0, `step` within the epoch."""

    epoch: int
    step: int | None
    what: Literal["loss", "gradient", "weight"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended.

    `metrics` are those of `best_epoch` (`loss`, `accuracy`, `val_loss`, …), which is the last where the
    objective says so, `test` the
    same model's on the test split (`loss`, `accuracy`); both are empty where there are
    none. `epochs` counts the epochs trained, `best_epoch` from 0. `seconds` is the
    run's share of the wall time its worker spent.
    """

    status: Status
    epochs: int = 0
    best_epoch: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    """One line for a failed, timed-out or diverged run."""
    traceback: str | None = None
    divergence: Divergence | None = None
    engine: Engine = "fit"
    """The engine that really trained it."""
    engine_reason: str = ""
    """Why an own model was not compiled; '' where it was, or nobody asked for it."""
    devices: str = ""
    fingerprint: str = ""
    """That of the data it was trained on, '' where they could not be had."""
    own_loss: bool = False
    """Whether its losses are the model's own affair: its code computes them, or trains or tests by itself."""
