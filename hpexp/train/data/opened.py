"""From a DataSpec to what a worker trains on: arrays, or data that stay on disk where memory is too small."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from hpexp.config.size import size_of
from hpexp.memory import too_large
from hpexp.model import DataSize, DataSpec, ModelSpec, Params, Resources
from hpexp.train.data.arrays import Arrays, prepare
from hpexp.train.data.disk import read_to_disk
from hpexp.train.data.divide import by_split
from hpexp.train.data.load import SMOKE_OTHER, SMOKE_TRAIN, join, load
from hpexp.train.data.own import load_function
from hpexp.train.data.raw import Raw, is_wide
from hpexp.train.data.streamed import Streamed, stream

Data: TypeAlias = Arrays | Streamed


def open_data(spec: DataSpec, resources: Resources, *, smoke: bool = False) -> Data:
    """The data of an experiment, in memory where they fit.

    Raises DataError where they cannot be had, read or split, or a disk is too full for them.
    """
    if spec.kind == "python":
        given = by_split(load_function(spec, resources))
        if not too_large(_size(given), resources):
            return join(given, spec, smoke=smoke)
    else:
        size = size_of(spec)
        if size is None or not too_large(size, resources):
            return load(spec, smoke=smoke)
        given = by_split(read_to_disk(spec, size))
    return stream(given, spec, most=(SMOKE_TRAIN, SMOKE_OTHER) if smoke else None)


def prepared(data: Data, model: ModelSpec, params: Params) -> Data:
    """What the model sees: `prepare`, for either kind of data."""
    return prepare(data, model, params) if isinstance(data, Arrays) else data.prepared(model, params)


def _size(given: Mapping[str, Raw]) -> DataSize:
    first = given["train"]
    inputs, targets = math.prod(first.x.shape[1:]), math.prod(first.y.shape[1:])
    wide = any(is_wide(part.x.dtype) for part in given.values())
    return DataSize(sum(len(part.x) for part in given.values()), 4 * (inputs + targets), wide)
