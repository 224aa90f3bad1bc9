"""Data that stay on disk: splits as row numbers of their source, read and scaled batch by batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.model import DataSize, DataSpec, ModelSpec, Params, Task
from hpexp.train.data.arrays import Features, Targets, problem_of, shape_for
from hpexp.train.data.divide import divide, fit_together, notes_of
from hpexp.train.data.raw import Raw, as_inputs, check_numbers, check_range
from hpexp.train.data.rows import Rows, rows_at_once
from hpexp.train.data.scaling import Scaling, Statistics
from hpexp.train.data.split import Indices
from hpexp.train.models import Problem


@dataclass(frozen=True, slots=True)
class Part:
    """One split: rows of a source, whose type as a whole is `dtype`, and targets, which are in memory.

    `is_picture` as in `Raw`.
    """

    source: Rows
    rows: Indices
    y: Targets
    dtype: np.dtype[Any]
    is_picture: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def inputs(self, places: slice | NDArray[Any]) -> Features:
        """The inputs of some of the examples, as `hpexp.train.data.raw.inputs` gives them."""
        return as_inputs(self.source.take(self.rows[places]), self.dtype, is_picture=self.is_picture)


@dataclass(frozen=True, slots=True)
class Streamed:
    """Three splits as in `Arrays`, of inputs that do not fit in memory.

    `shape` is that of one example as the model sees it.
    """

    train: Part
    validation: Part
    test: Part
    task: Task
    shape: tuple[int, ...]
    statistics: Statistics
    scaling: Scaling = field(default_factory=Scaling)
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem:
        """What a model of these data has to fit."""
        return problem_of(self.shape, self.train.y, self.task, self.classes)

    @property
    def size(self) -> DataSize:
        """How large the splits would be as float32 arrays."""
        examples = len(self.train) + len(self.validation) + len(self.test)
        return DataSize(examples, 4 * (math.prod(self.shape) + math.prod(self.train.y.shape[1:])))

    def reads(self, path: str) -> bool:
        """Whether inputs are read from this file itself, not from a copy of what it held."""
        return any(part.source.path == path for part in (self.train, self.validation, self.test))

    def prepared(self, model: ModelSpec, params: Params) -> Streamed:
        """What the model sees, by the rules of `hpexp.train.data.prepare`."""
        shape = shape_for(model, self.shape)
        scaling = self.statistics.scaling(str(params.get("normalize", "none")))
        return replace(self, shape=shape, scaling=scaling.reshaped(shape))

    def inputs(self, part: Part, places: slice | NDArray[Any]) -> Features:
        """Inputs of some examples of a split as the model sees them, float32 `[examples, *shape]`."""
        x = part.inputs(places)
        return self.scaling(x.reshape(len(x), *self.shape))


def stream(given: Mapping[str, Raw], spec: DataSpec, *, most: tuple[int, int] | None = None) -> Streamed:
    """The splits of what a source gives, checked as arrays are; nothing is loaded.

    `most` are the examples of training, and of each other split, that a smoke run uses.
    Raises DataError as `hpexp.train.data.load` does.
    """
    name, first = spec.source, given["train"]
    dtype = _common_type(given, name)
    division = divide(given, spec)
    sources = {split: Rows(raw.x, raw.keep) for split, raw in given.items()}
    _check(sources, dtype, name)

    def part(split: str) -> Part:
        source, taken = division.rows[split]
        rows = np.arange(len(sources[source]))[taken]
        used = slice(None if most is None else most[split != "train"])
        return Part(sources[source], rows[used], division.y[split][used], dtype, first.is_picture)

    train = part("train")
    return Streamed(
        train,
        part("validation"),
        part("test"),
        division.task,
        as_inputs(first.x[:1], dtype, is_picture=first.is_picture).shape[1:],
        Statistics(lambda: _chunks(train)),
        classes=division.classes,
        features=first.features,
        notes=notes_of(division, first, spec),
    )


def _common_type(given: Mapping[str, Raw], name: str) -> np.dtype[Any]:
    fit_together(given, name)
    for raw in given.values():
        check_numbers(raw.x.dtype, name)
    return np.result_type(*(raw.x.dtype for raw in given.values()))


def _check(sources: Mapping[str, Rows], dtype: np.dtype[Any], name: str) -> None:
    if dtype.kind != "f":
        return
    before = 0
    for source in sources.values():
        for start, chunk in source.chunks():
            check_range(as_inputs(chunk, dtype), before + start, name)
        before += len(source)


def _chunks(part: Part) -> Iterator[Features]:
    """The inputs of a split in the order of the file."""
    rows = np.sort(part.rows)
    step = rows_at_once(part.source.source.shape)
    for start in range(0, len(rows), step):
        taken = part.source.take(rows[start : start + step])
        yield as_inputs(taken, part.dtype, is_picture=part.is_picture)
