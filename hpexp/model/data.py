"""Data: what an experiment asks for, what is known of it, what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hpexp.model.words import Params, Part, Task


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
