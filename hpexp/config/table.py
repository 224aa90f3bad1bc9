"""A CSV file, as far as it must be read to plan: rows, task, and what would go wrong later."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from hpexp.config import wording
from hpexp.config.tasks import task_of_numbers
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
    data = path.read_bytes()
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}: line {line} is not UTF-8 text", hint="save the file as UTF-8") from error
    try:
        rows = [row for row in csv.reader(lines) if row]
    except csv.Error as error:
        raise DataError(f"{path} is not a CSV file: {error}") from error
    if len(rows) < 2:
        raise DataError(f"{path} has no rows below its header")
    header = [name.strip() for name in rows[0]]
    _check_header(path, header, target)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise DataError(f"{path}: row {number} has {len(row)} cells, the header {len(header)}")
    body = rows[1:]
    place = header.index(target)
    if len(body) * len(header) <= _CHECKED_CELLS:
        for name, cells in zip(header, zip(*body, strict=True), strict=True):
            if name != target:
                _numbers(path, name, cells)
    found = _target_task(path, target, [row[place].strip() for row in body], task)
    return TableFacts(found, len(body), sha256(data).hexdigest())


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


def _numbers(path: Path, name: str, cells: Sequence[str]) -> list[float] | None:
    """The cells as numbers; `None` for a column of text.

    Raises:
        DataError: a numeric column has an empty cell, NaN or infinity.
    """
    with suppress(ValueError):
        numbers = list(map(float, cells))
        if all(map(math.isfinite, numbers)):
            return numbers
    # Something is wrong with the column, or it is text; the slow way finds out what.
    cells = [cell.strip() for cell in cells]
    filled = [cell for cell in cells if cell]
    try:
        numbers = [float(cell) for cell in filled]
    except ValueError:
        return None
    if len(numbers) < len(cells):
        raise DataError(f"{path}: column {name}: row {cells.index('') + 2} is empty", hint=_FILL)
    for row, number in enumerate(numbers, start=2):
        if not math.isfinite(number):
            raise DataError(f"{path}: column {name}: row {row} holds {cells[row - 2]}", hint=_FILL)
    return numbers


def _target_task(path: Path, target: str, cells: list[str], task: Task | None) -> Task:
    numbers = _numbers(path, target, cells)
    if numbers is None and "" in cells:
        raise DataError(f"{path}: row {cells.index('') + 2} has no {target}", hint=_FILL)
    if numbers is None and task == "regression":
        raise DataError(f"{path}: the target {target} is text, which regression cannot learn")
    if task is None:
        task = "classification" if numbers is None else task_of_numbers(numbers, len(cells))
    if task == "classification":
        values: set[object] = set(cells if numbers is None else numbers)
        if len(values) < 2:
            raise DataError(f"{path}: there is only one class, {wording.show(cells[0])}, in column {target}")
    return task
