"""The target of a table: classes by the text of their cells, or quantities."""

from __future__ import annotations

from dataclasses import dataclass

from hpexp.config import wording
from hpexp.config.tables.cells import numbers_of
from hpexp.config.tables.column import MAX_CLASSES, ColumnSurvey
from hpexp.config.tasks import RARE
from hpexp.errors import DataError
from hpexp.model import Task


@dataclass(frozen=True, slots=True)
class Target:
    """What there is to learn; `classes` with their counts in the order of their numbers."""

    name: str
    task: Task
    classes: tuple[tuple[str, int], ...] = ()


def target_of(column: ColumnSurvey) -> Target:
    """What to learn: what `task` says, else classes for text and whole numbers of few values.

    Classes are told apart by their text as it is written: `1`, `1.0` and `01` are three. They are
    numbered in the order of the numbers they are, or of their texts where one is none.

    Raises:
        DataError: a cell is empty, or no number where all are to be, or there is one class, or
            float32 holds too little of the quantities.
    """
    chosen = column.file.task
    rows = column.cells - column.missing
    few = max(RARE, rows // 20)
    if column.empty.count:
        verb = "is" if column.empty.count == 1 else "are"
        raise DataError(
            f"{column.where}: {column.at(column.empty)} {verb} empty, and it is the target",
            hint='missing: [""] leaves such rows out; or drop them first',
        )
    if chosen == "regression" and not column.numbers:
        raise DataError(f"{column.where}: the target is text, which regression cannot learn")
    mixed = column.odd.count and column.numbers >= column.odd.count
    if column.odd.count and (chosen == "regression" or (mixed and not chosen and len(column.words) > few)):
        raise column.mixed()
    if column.huge.count:
        raise column.too_large(column.huge)
    task = chosen or ("classification" if column.odd.count or _are_classes(column, few) else "regression")
    if task == "regression":
        column.rounding.refuse(f"{column.where}: the target")
        return Target(column.name, task)
    if len(column.words) > MAX_CLASSES:
        raise DataError(f"{column.where}: the target has more than {MAX_CLASSES:,} classes")
    if len(column.words) < 2:
        found = wording.show(next(iter(column.words), ""))
        raise DataError(
            f"{column.file.path}: there is only one class, {found}, in column {wording.show(column.name)}"
        )
    return Target(column.name, task, tuple((word, column.words[word]) for word in _in_order(column)))


def _are_classes(column: ColumnSurvey, few: int) -> bool:
    """Whether the cells, all of them numbers, are whole ones of few values."""
    values = numbers_of(list(column.words), column.decimal) if len(column.words) <= few else [None]
    return all(value is not None and value == round(value) for value in values)


def _in_order(column: ColumnSurvey) -> list[str]:
    words = sorted(column.words)
    values = numbers_of(words, column.decimal)
    if None in values:
        return words
    return [word for _, word in sorted(zip(values, words, strict=True))]
