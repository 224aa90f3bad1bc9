"""What a source gives -> task, targets, and which rows each split takes; inputs are not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpexp.config import inputs
from hpexp.config.tables import TableFile, survey
from hpexp.config.targets import Decision
from hpexp.errors import DataError
from hpexp.model import DataSpec, Split, Task
from hpexp.train.data.arrays import Targets
from hpexp.train.data.raw import Raw, decide, targets
from hpexp.train.data.split import Indices, Parts, split_examples
from hpexp.vocabulary import TABLES

Taken: TypeAlias = Indices | slice


@dataclass(frozen=True, slots=True)
class Division:
    """`rows` and `y` by split: `train`, `validation`, `test`. Rows are those of a part of the source."""

    task: Task
    classes: tuple[str, ...]
    rows: dict[str, tuple[str, Taken]]
    y: dict[str, Targets]
    note: str = ""
    """What was assumed of the targets."""


def by_split(raw: Raw | Mapping[str, Raw]) -> dict[str, Raw]:
    """The parts that the source brings; all that is not divided yet is `train`."""
    return {"train": raw} if isinstance(raw, Raw) else dict(raw)


def fit_together(given: Mapping[str, Raw], name: str) -> None:
    """Raise DataError where the splits' examples or targets have different shapes."""
    for what, parts in (
        ("examples", {split: raw.x for split, raw in given.items()}),
        ("targets", {split: raw.y for split, raw in given.items()}),
    ):
        if len({part.shape[1:] for part in parts.values()}) > 1:
            shapes = ", ".join(f"{split} {part.shape[1:]}" for split, part in parts.items())
            raise DataError(f"{name}: the splits do not fit together: {what} have the shapes {shapes}")


def divide(given: Mapping[str, Raw], spec: DataSpec) -> Division:
    """Splits the source has stay as they are; those it lacks are taken from its training set.

    Raises DataError where the targets cannot be learned, or are too few to split.
    """
    first = given["train"]
    fit_together(given, spec.source)
    joined = np.concatenate([part.y for part in given.values()])
    if len({part.y.dtype.kind in "US" for part in given.values()}) > 1:
        raise DataError(f"{spec.source}: some splits have text as targets, and some have numbers")
    known: Task | None = "classification" if first.classes else first.task
    decision = Decision(known) if known else decide(joined, spec.options, spec.source)
    task = decision.task
    numbers, classes = targets(Raw(joined, joined, classes=first.classes), task, spec.source)
    sizes = np.cumsum([len(part.y) for part in given.values()])[:-1]
    own = dict(zip(given, np.split(numbers, sizes), strict=True))
    if spec.split.repeat and "validation" in given:
        raise DataError(
            f"{spec.source} brings its own validation split, which cannot be drawn again",
            hint="leave out split.repeats; seeds gives replicates",
        )
    lacking = replace(
        spec.split,
        validation=0.0 if "validation" in given else spec.split.validation,
        test=0.0 if "test" in given else spec.split.test,
    )
    parts = parts_of(own["train"], task, lacking)
    rows: dict[str, tuple[str, Taken]] = {}
    for split, indices in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        is_given = split != "train" and split in given
        rows[split] = (split, slice(None)) if is_given else ("train", indices)
    y = {split: own[source][taken] for split, (source, taken) in rows.items()}
    return Division(task, classes, rows, y, decision.note)


def parts_of(y: NDArray[Any], task: Task, split: Split) -> Parts:
    """Which examples are for what, stratified where the targets are classes."""
    return split_examples(len(y), y if task == "classification" else None, split)


def notes_of(division: Division, first: Raw, spec: DataSpec) -> tuple[str, ...]:
    """What was assumed of tables and own arrays, and what a person may not expect; a sentence each."""
    if spec.kind in TABLES:
        return survey(TableFile.of(spec)).notes
    if spec.kind not in ("npz", "python"):
        return ()
    found = (division.note, inputs.note(first.x.shape, is_bytes=first.x.dtype == np.uint8))
    return tuple(note for note in found if note)
