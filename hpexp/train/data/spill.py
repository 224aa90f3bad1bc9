"""Data written to a scratch folder, a few rows at a time, and read back as memory-mapped arrays."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp import scratch
from hpexp.errors import DataError
from hpexp.train.data.raw import Raw

_X, _Y, _ABOUT = "x.bin", "y.npy", "about.json"


class ArrayFile:
    """Rows of one shape and type, written one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._rows = 0
        self._shape: tuple[int, ...] = ()
        self._dtype: np.dtype[Any] | None = None

    def append(self, rows: NDArray[Any]) -> None:
        """Raises ValueError where the rows are not like those before."""
        if self._dtype is None:
            self._dtype, self._shape = rows.dtype, rows.shape[1:]
        if rows.shape[1:] != self._shape or not np.can_cast(rows.dtype, self._dtype, "safe"):
            raise ValueError(
                f"examples of shape {rows.shape[1:]} and type {rows.dtype} follow some of shape "
                f"{self._shape} and type {self._dtype}"
            )
        self._file.write(np.ascontiguousarray(rows, self._dtype).tobytes())
        self._rows += len(rows)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> ArrayFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def mapped(self) -> NDArray[Any]:
        """The rows, once the file is closed."""
        assert self._dtype is not None
        return map_file(self._path, self._dtype, (self._rows, *self._shape))


def map_file(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int = 0) -> NDArray[Any]:
    """An array of which only what is looked at is read."""
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, "r", offset, shape)


def shared(name: str, stamp: object, fill: Callable[[Path], Raw], needed: int = 0) -> Raw:
    """What `fill` writes to a folder, or another worker with the same `stamp` has written already.

    `needed` are the bytes it may take. Raises DataError where there is no room.
    """

    def filled(folder: Path) -> None:
        room = shutil.disk_usage(folder).free
        if room < needed:
            raise OSError(errno.ENOSPC, f"{needed / 1e9:.1f} GB are needed and {room / 1e9:.1f} GB free")
        _describe(folder, fill(folder))

    try:
        held = scratch.hold(sha256(repr(stamp).encode()).hexdigest()[:16], filled)
    except OSError as error:
        raise DataError(
            f"{name} does not fit in memory and cannot be kept in {scratch.home()}: {error.strerror}",
            hint="let TMPDIR name a folder on a disk with room, or raise resources.memory",
        ) from error
    return _read(held)


def write_pairs(pairs: Iterable[Raw], folder: Path, name: str, file: str = "x.bin") -> Raw:
    """Examples that come some at a time: inputs into a file in `folder`; the targets stay in memory.

    Raises DataError where they do not fit together, or there are none.
    """
    targets: list[NDArray[Any]] = []
    with ArrayFile(folder / file) as inputs:
        for pair in pairs:
            try:
                inputs.append(pair.x)
                _check_like(targets, pair.y)
            except ValueError as error:
                raise DataError(f"{name}: {error}") from error
            targets.append(pair.y)
    if not targets:
        raise DataError(f"{name}: there are no examples")
    return Raw(inputs.mapped(), np.concatenate(targets))


def _check_like(before: list[NDArray[Any]], y: NDArray[Any]) -> None:
    """Raise ValueError where targets are not like those before: text among numbers, another width."""
    if not before:
        return
    first = before[0]
    if first.shape[1:] != y.shape[1:] or (first.dtype.kind in "US") != (y.dtype.kind in "US"):
        raise ValueError(
            f"targets of shape {y.shape[1:]} and type {y.dtype} follow some of shape {first.shape[1:]} "
            f"and type {first.dtype}"
        )


def _describe(folder: Path, raw: Raw) -> None:
    np.save(folder / _Y, raw.y)
    about = {
        "dtype": raw.x.dtype.str,
        "shape": raw.x.shape,
        "features": raw.features,
        "classes": raw.classes,
        "task": raw.task,
    }
    (folder / _ABOUT).write_text(json.dumps(about))


def _read(held: scratch.Scratch) -> Raw:
    about = json.loads((held.folder / _ABOUT).read_text())
    x = map_file(held.folder / _X, np.dtype(about["dtype"]), tuple(about["shape"]))
    y = np.load(held.folder / _Y, allow_pickle=False)
    return Raw(x, y, tuple(about["features"]), tuple(about["classes"]), held, task=about["task"])
