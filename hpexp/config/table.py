"""A CSV file, as far as it must be read to plan: rows, task, and what would go wrong later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from hpexp.config import wording
from hpexp.config.rows import read_rows
from hpexp.config.target import TargetColumn
from hpexp.errors import DataError
from hpexp.model import Task

MAX_COLUMNS = 50_000
_CHECKED_CELLS = 500_000
"""So many cells are looked at before training; larger tables are checked as they are loaded."""

_FILL = "fill or drop such rows first"


@dataclass(frozen=True, slots=True)
class TableFacts:
    task: Task
    examples: int
    content: str
    """A digest of the file's bytes."""


def read_table(path: Path, target: str, task: Task | None) -> TableFacts:
    """Read and check a CSV file; rows are counted as `hpexp.train.data.table` counts them.

    Raises:
        DataError: names the file, and the row where one is wrong.
    """
    digest = sha256()
    rows = read_rows(path, digest)
    names, first = next(rows, None), next(rows, None)
    if names is None or first is None:
        raise DataError(f"{path} has no rows below its header")
    header = [name.strip() for name in names]
    _check_header(path, header, target)
    place, examples = header.index(target), 0
    column, kept = TargetColumn(), list[list[str]]()
    for row in chain((first,), rows):
        if len(row) != len(header):
            raise DataError(f"{path}: row {examples + 2} has {len(row)} cells, the header {len(header)}")
        column.add(row[place])
        examples += 1
        if examples * len(header) <= _CHECKED_CELLS:
            kept.append(row)
    if len(kept) == examples:
        for name, cells in zip(header, zip(*kept, strict=True), strict=True):
            if name != target:
                _check_numbers(path, name, cells)
    found = column.task(path, target, task)
    return TableFacts(found, examples, digest.hexdigest())


def _check_header(path: Path, header: Sequence[str], target: str) -> None:
    if len(header) > MAX_COLUMNS:
        raise DataError(
            f"{path} has {len(header):,} columns; at most {MAX_COLUMNS:,} can be inputs of a model"
        )
    if target not in header:
        hint = wording.nearest(target, header[:1000]).removeprefix("; ")
        if len(header) == 1 and (other := next((each for each in ";\t|" if each in header[0]), None)):
            hint = f"columns are separated by commas, not by {wording.show(other)}"
        names = [wording.show(name) for name in islice(header, 20)] + (["…"] if len(header) > 20 else [])
        raise DataError(
            f"{path} has no column {wording.show(target)}; it has {', '.join(names)}", hint=hint or None
        )
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise DataError(f"{path} has two columns named {wording.show(name)}")
        seen.add(name)
    if len(header) == 1:
        raise DataError(f"{path} has no column besides the target")


def _check_numbers(path: Path, name: str, cells: Sequence[str]) -> None:
    """Raise DataError where a numeric column has an empty cell, NaN or infinity."""
    with suppress(ValueError):
        if all(map(math.isfinite, map(float, cells))):
            return
    # Something is wrong with the column, or it is text; the slow way finds out what.
    cells = [cell.strip() for cell in cells]
    filled = [cell for cell in cells if cell]
    try:
        numbers = [float(cell) for cell in filled]
    except ValueError:
        return
    if len(numbers) < len(cells):
        raise DataError(f"{path}: column {name}: row {cells.index('') + 2} is empty", hint=_FILL)
    for row, number in enumerate(numbers, start=2):
        if not math.isfinite(number):
            raise DataError(f"{path}: column {name}: row {row} holds {cells[row - 2]}", hint=_FILL)
