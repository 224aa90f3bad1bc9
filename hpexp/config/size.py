"""How large data will be as float32 arrays, from headers, or from what is read to plan anyway."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path

from hpexp.config.archive import read_shapes
from hpexp.config.images import list_images
from hpexp.config.named import DOWNLOADED_TEST, DOWNLOADS, SHAPES
from hpexp.config.tables import TableFile, survey
from hpexp.errors import DataError
from hpexp.model import DataSize, DataSpec, Params
from hpexp.vocabulary import TABLES

_NUMBER = 4
"""Bytes of a float32, and of a class number."""


def size_of(spec: DataSpec) -> DataSize | None:
    """The size of the data; `None` where only running own code could tell, or nothing can be read.

    That of a table counts every word of a category, whether the training split has it or not. Data
    made on the spot count as small.
    """
    path = Path(spec.source)
    try:
        if spec.kind == "keras":
            examples = DOWNLOADS[spec.source] + DOWNLOADED_TEST
            return _size(examples, math.prod(SHAPES[spec.source]))
        if spec.kind == "npz":
            x, y, wide = read_shapes(path, str(spec.options.get("x", "x")), str(spec.options.get("y", "y")))
            return _size(x[0], math.prod(x[1:]), math.prod(y[1:]), wide=wide)
        if spec.kind == "images":
            return _size(len(list_images(path).files), math.prod(image_shape(spec.options)))
        if spec.kind in TABLES:
            table = survey(TableFile.of(spec))
            return _size(table.examples, table.width, wide=True)
        return None
    except (
        OSError, ValueError, DataError, IndexError, zipfile.BadZipFile, zlib.error, EOFError,
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
