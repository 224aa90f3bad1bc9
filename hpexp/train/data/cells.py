"""Cells of a CSV file, some rows at a time, into files: numbers as float32, text as numbers of words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.errors import DataError
from hpexp.train.data.spill import ArrayFile


class MoreText(Exception):
    """Columns that were to hold numbers hold text: all has to be read again."""

    def __init__(self, places: frozenset[int]) -> None:
        super().__init__(places)
        self.places = places


class Cells:
    """A table that is written to `folder` as it comes; `text` are the places of columns of text.

    Whether an empty cell is wrong is known at the end: in a column of text it is a value.
    """

    def __init__(
        self, path: Path, header: Sequence[str], target: str, text: frozenset[int], folder: Path
    ) -> None:
        self._path, self._header, self._text = path, header, text
        self._target = header.index(target)
        self._inputs = [place for place in range(len(header)) if place not in text | {self._target}]
        self._words: dict[int, dict[str, int]] = {place: {} for place in sorted(text - {self._target})}
        self._numbers = ArrayFile(folder / ("numbers.bin" if self._words else "x.bin"))
        self._codes = ArrayFile(folder / "codes.bin") if self._words else None
        self._y: list[NDArray[Any]] = []
        self._empty: dict[int, int] = {}
        """The first empty row of a column."""
        self._odd: dict[int, tuple[int, str]] = {}
        """The first NaN or infinity of a column."""

    def add(self, rows: Sequence[Sequence[str]], first: int) -> None:
        """Rows of equal length; `first` is the number of the first of them.

        Raises MoreText.
        """
        if not self._text:
            table = _all_numbers(rows)
            if table is not None:
                self._write(table[:, self._inputs], [], table[:, self._target])
                return
        columns: list[NDArray[Any]] = []
        more = set()
        for place, cells in enumerate(zip(*rows, strict=True)):
            stripped = [cell.strip() for cell in cells]
            values = None if place in self._text else self._parse(place, stripped, first)
            if values is None and place not in self._text:
                more.add(place)
            columns.append(np.array(stripped, np.str_) if values is None else values)
        if more:
            raise MoreText(frozenset(more))
        if self._target in self._text and "" in (wanted := columns[self._target]).tolist():
            self._empty.setdefault(self._target, first + int(np.argmax(wanted == "")))
        codes = [self._coded(place, columns[place].tolist()) for place in self._words]
        inputs = [columns[place] for place in self._inputs]
        self._write(_matrix(inputs, len(rows)), codes, columns[self._target])

    def __enter__(self) -> Cells:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._numbers.close()
        if self._codes is not None:
            self._codes.close()

    def check(self) -> None:
        """No more rows come. Raises DataError where a column is not whole."""
        hint = "fill or drop such rows first"
        for place, name in enumerate(self._header):
            where = f"{self._path}: column {name}"
            if place in self._empty and place not in self._text:
                raise DataError(f"{where}: row {self._empty[place]} is empty", hint=hint)
            if place in self._odd:
                row, cell = self._odd[place]
                raise DataError(f"{where}: row {row} holds {cell}", hint=hint)
        if self._target in self._empty:
            row = self._empty[self._target]
            raise DataError(f"{self._path}: row {row} has no {self._header[self._target]}")

    def targets(self) -> NDArray[Any]:
        """The target's cells: float64, or text."""
        return np.concatenate(self._y)

    def mapped(self) -> tuple[NDArray[np.float64], NDArray[np.int32] | None]:
        """The columns of numbers, and those of text where there are any, as numbers of their `words`."""
        return self._numbers.mapped(), None if self._codes is None else self._codes.mapped()

    @property
    def words(self) -> dict[str, NDArray[Any]]:
        """The different texts of each column of text, in the order in which they came."""
        return {self._header[place]: np.array(list(words), np.str_) for place, words in self._words.items()}

    def _parse(self, place: int, cells: Sequence[str], first: int) -> NDArray[np.float64] | None:
        """A column's numbers, NaN for none; `None` where it is text."""
        try:
            numbers = [float(cell) if cell else math.nan for cell in cells]
        except ValueError:
            return None
        for row, (cell, number) in enumerate(zip(cells, numbers, strict=True), start=first):
            if not cell:
                self._empty.setdefault(place, row)
            elif not math.isfinite(number):
                self._odd.setdefault(place, (row, cell))
        return np.array(numbers)

    def _coded(self, place: int, cells: Sequence[str]) -> list[int]:
        words = self._words[place]
        return [words.setdefault(cell, len(words)) for cell in cells]

    def _write(self, inputs: NDArray[Any], codes: list[list[int]], y: NDArray[Any]) -> None:
        self._numbers.append(inputs.astype(np.float64))
        if self._codes is not None:
            self._codes.append(_matrix(codes, len(y)).astype(np.int32))
        self._y.append(y.copy())


def _all_numbers(rows: Sequence[Sequence[str]]) -> NDArray[np.float64] | None:
    try:
        numbers = np.array(list(map(float, chain.from_iterable(rows)))).reshape(len(rows), -1)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _matrix(columns: Sequence[Any], rows: int) -> NDArray[Any]:
    """Columns side by side; `[rows, 0]` where there are none."""
    return np.stack(columns, axis=1) if columns else np.empty((rows, 0))
