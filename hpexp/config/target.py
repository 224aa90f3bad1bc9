"""The target of a CSV file, cell by cell: what there is to learn, or what is wrong with it."""

from __future__ import annotations

import math
from array import array
from pathlib import Path

from hpexp.config import wording
from hpexp.config.tasks import task_of_numbers
from hpexp.errors import DataError
from hpexp.model import Task

_FILL = "fill or drop such rows first"


class TargetColumn:
    """Numbers while all cells are numbers, else text; rows count from 2, below the header."""

    def __init__(self) -> None:
        self._numbers = array("d")
        self._rows = 0
        self._is_text = False
        self._first = ""
        self._varies = False
        """Whether some cell of a column of text differs from the first."""
        self._empty = 0
        """The first row without a value, 0 for none."""
        self._odd: tuple[int, str] | None = None
        """The first row with NaN or infinity."""

    def add(self, cell: str) -> None:
        """The next row's cell."""
        self._rows += 1
        number = None if self._is_text else _number(cell)
        cell = cell.strip()
        if self._rows == 1:
            self._first = cell
        if number is not None:
            self._numbers.append(number)
            if not math.isfinite(number):
                self._odd = self._odd or (self._rows + 1, cell)
        elif cell:
            self._is_text = True
            self._varies = self._varies or cell != self._first
        else:
            self._empty = self._empty or self._rows + 1

    def task(self, path: Path, name: str, task: Task | None) -> Task:
        """What to learn, `task` where the file says so.

        Raises:
            DataError: a value is missing or not finite, there is one class, or text to regress.
        """
        if self._empty and self._is_text:
            raise DataError(f"{path}: row {self._empty} has no {name}", hint=_FILL)
        if self._empty:
            raise DataError(f"{path}: column {name}: row {self._empty} is empty", hint=_FILL)
        if self._odd and not self._is_text:
            row, cell = self._odd
            raise DataError(f"{path}: column {name}: row {row} holds {cell}", hint=_FILL)
        if self._is_text and task == "regression":
            raise DataError(f"{path}: the target {name} is text, which regression cannot learn")
        if task is None:
            task = "classification" if self._is_text else task_of_numbers(self._numbers, self._rows)
        if task == "classification" and self._is_one():
            raise DataError(f"{path}: there is only one class, {wording.show(self._first)}, in column {name}")
        return task

    def _is_one(self) -> bool:
        if self._is_text:
            # Numbers before the first text differ from it.
            return not self._varies
        return all(number == self._numbers[0] for number in self._numbers)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
