"""csv and parquet files -> inputs: numbers as they are, categories one-hot, missing numbers filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.config import wording
from hpexp.config.tables import Table, TableFile, survey
from hpexp.config.tables.cells import numbers_in, texts
from hpexp.config.tables.reading import batches, readable
from hpexp.errors import DataError
from hpexp.model import DataSpec
from hpexp.train.data.divide import parts_of
from hpexp.train.data.raw import Raw
from hpexp.train.data.rows import Rows, rows_at_once
from hpexp.train.data.spill import ArrayFile


def load_table(spec: DataSpec, folder: Path | None = None) -> Raw:
    """The inputs `[examples, numbers]` as float64 in memory, or in the file `x.bin` in `folder`.

    A category becomes one number for each of its words in the training split, 1 for the word of the
    row: a word that training does not know is all zeros. Missing numbers become the mean of the
    training split. The columns keep the order of the file.
    """
    table = survey(TableFile.of(spec))
    with readable(table.file):
        columns = _read(table, folder)
    parts = parts_of(columns.y, table.target.task, spec.split)
    encoder = Encoder(table, columns, np.sort(parts.train))
    features = tuple(encoder.columns)
    classes = tuple(word for word, _ in table.target.classes)
    if encoder.is_plain:
        return Raw(columns.numbers.source, columns.y, features, classes, task=table.target.task)
    x = _Sink(None if folder is None else folder / "x.bin", table.examples)
    for numbers, codes in columns.chunks(np.arange(table.examples), encoder.width):
        x.append(encoder(numbers, codes))
    return Raw(x.done(), columns.y, features, classes, task=table.target.task)


@dataclass(frozen=True, slots=True)
class Columns:
    """A table's rows: numbers float64, NaN where they are missing; categories as places in their words."""

    numbers: Rows
    codes: Rows
    y: NDArray[Any]
    """Class numbers, or quantities."""

    def chunks(self, rows: NDArray[np.int64], width: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Numbers and codes of these rows, as many at a time as `width` inputs of each allow."""
        step = rows_at_once((len(rows), width))
        for start in range(0, len(rows), step):
            chosen = rows[start : start + step]
            yield self.numbers.take(chosen), self.codes.take(chosen)


class Encoder:
    """Numbers and codes of some rows -> inputs, by what the training rows `train` hold."""

    def __init__(self, table: Table, columns: Columns, train: NDArray[np.int64]) -> None:
        numbers = [column for column in table.inputs if column.is_number]
        words = [column.words for column in table.inputs if column.words is not None]
        self._filled = np.array([bool(column.missing) for column in numbers], bool)
        self.is_plain = not words and not self._filled.any()
        total, count = np.zeros(len(numbers)), np.zeros(len(numbers), np.int64)
        seen = [np.zeros(len(each), bool) for each in words]
        if not self.is_plain:
            for values, codes in columns.chunks(train, max(1, len(table.inputs))):
                there = ~np.isnan(values)
                total += np.where(there, values, 0).sum(axis=0)
                count += there.sum(axis=0)
                for found, code in zip(seen, codes.T, strict=True):
                    found[code] = True
        for column, examples in zip(numbers, count.tolist(), strict=True):
            if column.missing and not examples:
                raise DataError(
                    f"{table.file.path}: column {wording.show(column.name)} has no value "
                    "in the training split",
                    hint=f"drop: [{wording.show(column.name)}]",
                )
        self._means = total / np.maximum(count, 1)
        self._number_places: list[int] = []
        self._code_places: list[NDArray[np.int64]] = []
        """By category: the place of each word among the inputs, -1 for one that training has not."""
        self.columns: list[str] = []
        """The column of each input."""
        self.width = 0
        known = iter(seen)
        for column in table.inputs:
            if column.is_number:
                self._number_places.append(self.width)
                self.columns.append(column.name)
                self.width += 1
            else:
                there = next(known)
                self._code_places.append(np.where(there, self.width + np.cumsum(there) - 1, -1))
                self.columns += [column.name] * int(there.sum())
                self.width += int(there.sum())

    def __call__(self, numbers: NDArray[np.float64], codes: NDArray[np.int32]) -> NDArray[np.float64]:
        """Inputs `[rows, width]`."""
        x = np.zeros((len(numbers), self.width))
        x[:, self._number_places] = np.where(np.isnan(numbers), self._means, numbers)
        for places, code in zip(self._code_places, codes.T, strict=True):
            place = places[code]
            rows = np.flatnonzero(place >= 0)
            x[rows, place[rows]] = 1
        return x


class _Sink:
    """Rows one after the other, into a file or an array of so many."""

    def __init__(self, path: Path | None, rows: int) -> None:
        self._rows, self._at = rows, 0
        self._file = None if path is None else ArrayFile(path)
        self._array: NDArray[Any] | None = None

    def append(self, rows: NDArray[Any]) -> None:
        if self._file is not None:
            self._file.append(rows)
            return
        if self._array is None:
            self._array = np.empty((self._rows, *rows.shape[1:]), rows.dtype)
        self._array[self._at : self._at + len(rows)] = rows
        self._at += len(rows)

    def done(self) -> NDArray[Any]:
        if self._file is not None:
            self._file.close()
            return self._file.mapped()
        assert self._array is not None
        return self._array


def _read(table: Table, folder: Path | None) -> Columns:
    """All rows that have a target."""
    import polars as pl

    file, header, options = table.file, table.header, table.file.options
    missing = list(options.missing)
    place = {name: str(index) for index, name in enumerate(header.names) if name not in options.drop}
    target = place[file.target]
    number_keys = [place[column.name] for column in table.inputs if column.is_number]
    categories = [(place[each.name], pl.Enum(each.words)) for each in table.inputs if each.words is not None]
    is_plain = not categories and not any(column.missing for column in table.inputs)
    name = "x.bin" if is_plain else "numbers.bin"
    numbers = _Sink(folder and folder / name, table.examples)
    codes = _Sink(folder and folder / "codes.bin", table.examples)
    y: list[NDArray[Any]] = []

    def value(cells: pl.Series) -> NDArray[np.float64]:
        found = numbers_in(cells, options.decimal)
        if missing:
            found = found.set(texts(cells).is_in(missing), None)
        return found.to_numpy()

    def coded(cells: pl.Series, words: pl.Enum) -> NDArray[np.int32]:
        shown = texts(cells)
        if missing:
            shown = shown.set(shown.is_in(missing), "")
        return shown.cast(words).to_physical().to_numpy().astype(np.int32)

    learned = _learner(table, value, coded)
    for rows in batches(file, header):
        frame = rows.filter(~texts(rows[target]).is_in(missing)) if missing else rows
        y.append(learned(frame[target]))
        numbers.append(_matrix([value(frame[key]) for key in number_keys], frame.height, np.float64))
        codes.append(_matrix([coded(frame[key], words) for key, words in categories], frame.height, np.int32))
    targets = np.concatenate(y)
    if len(targets) != table.examples:
        raise DataError(f"{file.path} has changed while it was read")
    return Columns(Rows(numbers.done()), Rows(codes.done()), targets)


def _learner(
    table: Table, value: Callable[[Any], NDArray[np.float64]], coded: Callable[..., NDArray[np.int32]]
) -> Callable[[Any], NDArray[Any]]:
    """What becomes of the target's cells."""
    if table.target.task == "regression":
        return value
    import polars as pl

    classes = pl.Enum([word for word, _ in table.target.classes])
    return lambda cells: coded(cells, classes)


def _matrix(columns: list[NDArray[Any]], rows: int, dtype: Any) -> NDArray[Any]:
    """Columns side by side; `[rows, 0]` where there are none."""
    return np.stack(columns, axis=1) if columns else np.empty((rows, 0), dtype)
