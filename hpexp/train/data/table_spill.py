"""A CSV file of any size -> float32 inputs in a file, by the rules of `hpexp.train.data.table`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.config.rows import read_rows
from hpexp.errors import DataError
from hpexp.model import DataSpec
from hpexp.train.data.cells import Cells, MoreText
from hpexp.train.data.divide import parts_of
from hpexp.train.data.raw import Raw, targets, task_of
from hpexp.train.data.rows import Rows, rows_at_once
from hpexp.train.data.spill import ArrayFile
from hpexp.train.data.table import Encoder

_AT_ONCE = 200_000
"""Cells that are parsed in one go."""


def spill_table(spec: DataSpec, folder: Path) -> Raw:
    """Write the inputs to `x.bin` in `folder`; raises DataError as `read_table` does."""
    path, target = Path(spec.source), str(spec.options.get("target", ""))
    header = [name.strip() for name in next(read_rows(path), [])]
    if target not in header:
        raise DataError(f"{path} has no column {target}; it has {', '.join(header)}")
    if len(header) < 2:
        raise DataError(f"{path} has no column besides the target")
    text: frozenset[int] = frozenset()
    while True:
        # Usually the first rows tell which columns hold text, and the second reading is the last.
        try:
            with Cells(path, header, target, text, folder) as cells:
                _read(path, cells)
            break
        except MoreText as found:
            text |= found.places
    y = cells.targets()
    features = tuple(name for name in header if name != target)
    numbers, codes = cells.mapped()
    if codes is None:
        return Raw(numbers, y, features)
    task = task_of(y, spec.options, spec.source)
    parts = parts_of(targets(Raw(y, y), task, spec.source)[0], task, spec.split)
    table = _Table(features, numbers, codes, cells.words)
    encoder = Encoder(features, list(cells.words))
    encoder.adapt(lambda: table.chunks(np.sort(parts.train)))
    with ArrayFile(folder / "x.bin") as file:
        for chunk in table.chunks(np.arange(len(y))):
            file.append(encoder(chunk))
    for name in ("numbers.bin", "codes.bin"):
        (folder / name).unlink()
    return Raw(file.mapped(), y, features)


def _read(path: Path, cells: Cells) -> None:
    rows = read_rows(path)
    header = next(rows)
    step = max(1, _AT_ONCE // len(header))
    number = 2
    while chunk := list(islice(rows, step)):
        for place, row in enumerate(chunk, start=number):
            if len(row) != len(header):
                raise DataError(f"{path}: row {place} has {len(row)} cells, the header {len(header)}")
        cells.add(chunk, number)
        number += len(chunk)
    if number == 2:
        raise DataError(f"{path} has no rows below its header")
    cells.check()


class _Table:
    """The columns besides the target: numbers, and text as numbers of words."""

    def __init__(
        self,
        columns: tuple[str, ...],
        numbers: NDArray[np.float64],
        codes: NDArray[np.int32],
        words: dict[str, NDArray[Any]],
    ) -> None:
        self._columns = columns
        self._numbers, self._codes = Rows(numbers), Rows(codes)
        self._words = words

    def chunks(self, rows: NDArray[np.int64]) -> Iterator[dict[str, NDArray[Any]]]:
        """These rows, some at a time, by column."""
        width = len(self._columns) + sum(map(len, self._words.values()))
        step = rows_at_once((len(rows), width))
        for start in range(0, len(rows), step):
            chosen = rows[start : start + step]
            numbers, codes = iter(self._numbers.take(chosen).T), iter(self._codes.take(chosen).T)
            yield {
                name: self._words[name][next(codes)] if name in self._words else next(numbers)
                for name in self._columns
            }
