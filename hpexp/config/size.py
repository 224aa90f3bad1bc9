"""How large data will be as float32 arrays, from headers and samples, in milliseconds."""

from __future__ import annotations

import csv
import math
import zipfile
import zlib
from pathlib import Path

from hpexp.config.archive import read_shapes
from hpexp.config.images import list_images
from hpexp.errors import DataError
from hpexp.model import DataSize, DataSpec, Params

_NUMBER = 4
"""Bytes of a float32, and of a class number."""

_DOWNLOADS = {
    "mnist": (70_000, 28 * 28),
    "fashion_mnist": (70_000, 28 * 28),
    "cifar10": (60_000, 32 * 32 * 3),
    "cifar100": (60_000, 32 * 32 * 3),
}
"""Examples, and inputs of one."""

_SAMPLE = 1 << 20
"""Bytes of a CSV file that are looked at."""


def size_of(spec: DataSpec) -> DataSize | None:
    """The size of the data; `None` where only running own code could tell, or nothing can be read.

    Of an archive and of images it is exact. A CSV file's is judged by its first megabyte: how
    long rows are, and how many different texts a column of text has. Data made on the spot
    count as small.
    """
    path = Path(spec.source)
    try:
        if spec.kind == "keras":
            return _size(*_DOWNLOADS[spec.source])
        if spec.kind == "npz":
            x, y, wide = read_shapes(path, str(spec.options.get("x", "x")), str(spec.options.get("y", "y")))
            return _size(x[0], math.prod(x[1:]), math.prod(y[1:]), wide=wide)
        if spec.kind == "images":
            return _size(len(list_images(path).files), math.prod(image_shape(spec.options)))
        return _of_table(path) if spec.kind == "csv" else None
    except (
        OSError, ValueError, DataError, csv.Error, IndexError, zipfile.BadZipFile, zlib.error, EOFError,
        RuntimeError, NotImplementedError,
    ):  # fmt: skip
        return None


def image_shape(options: Params) -> tuple[int, int, int]:
    """Rows, columns and channels that images are scaled to."""
    size = options.get("size", 32)
    rows, columns = (size if len(size) == 2 else size * 2) if isinstance(size, tuple) else (size, size)
    assert isinstance(rows, int)
    assert isinstance(columns, int)
    return rows, columns, 1 if options.get("color") == "grayscale" else 3


def _size(examples: int, inputs: int, targets: int = 1, *, wide: bool = False) -> DataSize:
    return DataSize(examples, _NUMBER * (inputs + targets), wide)


def _of_table(path: Path) -> DataSize:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
        whole = not file.read(1)
    # The last line may be cut.
    end = len(sample) if whole else max(sample.rfind(b"\n"), 0) + 1
    lines = sample[:end].decode("utf-8-sig", errors="replace").splitlines()
    header, *body = [row for row in csv.reader(lines) if row]
    rows = [row for row in body if len(row) == len(header)]
    examples = len(rows) if whole else round(len(rows) * path.stat().st_size / end)
    # The target is counted with the inputs.
    width = sum(map(_width, zip(*rows, strict=True)))
    return _size(examples, width, 0, wide=True)


def _width(cells: tuple[str, ...]) -> int:
    """One place for a number, one for each text and one for the unknown."""
    try:
        for cell in cells:
            float(cell)
    except ValueError:
        return len(set(cells)) + 1
    return 1
