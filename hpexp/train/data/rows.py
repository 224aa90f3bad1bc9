"""Rows of an array that may be larger than memory: read in chunks and batches."""

from __future__ import annotations

import itertools
import math
import mmap
import os
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.errors import DataError

CHUNK_BYTES = 1 << 22
"""Of float32 numbers that are looked at in one go."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the rows of a memory-mapped array lie: the first at `start`, each of `step` bytes."""

    path: str
    start: int
    step: int


class Rows:
    """The rows of a source, an array in memory or a memory-mapped one, `[examples, …]`.

    Mapped rows are read from their file, not through the mapping: kernels map megabytes around
    every page that is looked at, which would count as this process's memory.
    """

    def __init__(self, source: NDArray[Any], keep: object = None) -> None:
        """`keep` is what the source's file lives by."""
        self.source = source
        self._keep = keep
        self._place = _place(source)
        self._file = -1
        if self._place is not None:
            self._file = os.open(self._place.path, os.O_RDONLY)
            weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def path(self) -> str:
        """The file that the rows are read from, '' where they are in memory."""
        return self._place.path if self._place is not None else ""

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Copies of these rows, in this order. Raises DataError where the file has become shorter."""
        if self._place is None:
            return np.asarray(self.source[rows])
        # In the order of the file, neighbours in one go.
        order = np.argsort(rows, kind="stable")
        in_file = rows[order]
        read = np.empty((len(rows), *self.source.shape[1:]), self.source.dtype)
        if len(rows):
            edges = [0, *(np.flatnonzero(np.diff(in_file) != 1) + 1).tolist(), len(rows)]
            self._read(read, edges, in_file[edges[:-1]].tolist())
        if (order[1:] > order[:-1]).all():
            return read
        taken = np.empty_like(read)
        taken[order] = read
        return taken

    def chunks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """The first row's number, and some rows; all of them, in order."""
        step = rows_at_once(self.source.shape)
        for start in range(0, len(self), step):
            yield start, self.take(np.arange(start, min(start + step, len(self))))

    def _read(self, into: NDArray[Any], edges: list[int], first_rows: list[int]) -> None:
        """Fill the stretches of `into` between the edges, each from one row of the file on."""
        assert self._place is not None
        file, start, step = self._file, self._place.start, self._place.step
        whole = into.reshape(-1).view(np.uint8).data
        for (first, last), row in zip(itertools.pairwise(edges), first_rows, strict=True):
            left, at = whole[first * step : last * step], start + row * step
            while left:
                count = os.preadv(file, (left,), at)
                if not count:
                    raise DataError(f"{self._place.path} has become shorter while it was read")
                left, at = left[count:], at + count


def rows_at_once(shape: tuple[int, ...]) -> int:
    """How many rows of an array of this shape are looked at in one go."""
    return max(1, CHUNK_BYTES // (4 * max(1, math.prod(shape[1:]))))


def _place(source: NDArray[Any]) -> _Place | None:
    """`None` for rows that are not whole in a file, or may have been changed in memory."""
    root: Any = source
    while isinstance(root, np.ndarray) and not isinstance(root.base, mmap.mmap):
        root = root.base
    if not isinstance(root, np.memmap) or not root.filename or root.mode == "c":
        return None
    if not source.flags.c_contiguous or not source.size:
        return None
    start = root.offset + source.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return _Place(str(root.filename), start, source.strides[0])
