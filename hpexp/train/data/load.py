"""From a DataSpec to arrays: load, decide the task, split, check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.model import DataSpec, Resources, Task
from hpexp.train.data.arrays import Arrays
from hpexp.train.data.builtin import load_builtin
from hpexp.train.data.divide import by_split, divide, fit_together, notes_of
from hpexp.train.data.images import load_images
from hpexp.train.data.own import exists, load_function, load_npz
from hpexp.train.data.raw import Raw, inputs
from hpexp.train.data.table import load_table
from hpexp.vocabulary import TABLES

SMOKE_TRAIN, SMOKE_OTHER = 64, 32
"""At most so many examples of a split when only trying whether everything runs."""


def load(spec: DataSpec, *, smoke: bool = False) -> Arrays:
    """The arrays of a data set, unscaled, images in their own shape; see `prepare`.

    Raises DataError where the data cannot be had, read or split.
    """
    return join(by_split(_read(spec)), spec, smoke=smoke)


def _read(spec: DataSpec) -> Raw | Mapping[str, Raw]:
    if spec.kind == "keras":
        from hpexp.train.data.downloads import load_download

        train, test = load_download(spec.source)
        return {"train": train, "test": test}
    if spec.kind == "builtin":
        return load_builtin(spec.source, spec.options)
    if spec.kind == "python":
        return load_function(spec, Resources())
    exists(spec.source)
    if spec.kind in TABLES:
        return load_table(spec)
    if spec.kind == "npz":
        return load_npz(spec.source, spec.options)
    return load_images(spec.source, spec.options)


def join(given: Mapping[str, Raw], spec: DataSpec, *, smoke: bool = False) -> Arrays:
    """The arrays of what a source gives, by split; raises DataError as `load` does."""
    parts = [part.x for part in given.values()]
    fit_together(given, spec.source)
    joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
    sizes = np.cumsum([len(part.x) for part in given.values()])[:-1]
    read = inputs(joined, spec.source, is_picture=given["train"].is_picture)
    x = dict(zip(given, np.split(read, sizes), strict=True))
    division = divide(given, spec)
    taken = {split: x[source][rows] for split, (source, rows) in division.rows.items()}
    places = division.rows["train"][1]
    order = None if isinstance(places, slice) else np.argsort(places)
    arrays = _arrays(taken, division.y, division.task, division.classes, given["train"].features, order)
    arrays = replace(arrays, notes=notes_of(division, given["train"], spec))
    return _first(arrays) if smoke else arrays


def _arrays(
    x: Mapping[str, NDArray[Any]],
    y: Mapping[str, NDArray[Any]],
    task: Task,
    classes: tuple[str, ...],
    features: tuple[str, ...],
    order: NDArray[np.int64] | None,
) -> Arrays:
    return Arrays(
        x_train=x["train"],
        y_train=y["train"],
        x_validation=x["validation"],
        y_validation=y["validation"],
        x_test=x["test"],
        y_test=y["test"],
        task=task,
        classes=classes,
        features=features,
        order=order,
    )


def _first(arrays: Arrays) -> Arrays:
    train, other = slice(SMOKE_TRAIN), slice(SMOKE_OTHER)
    return replace(
        arrays,
        x_train=arrays.x_train[train],
        y_train=arrays.y_train[train],
        x_validation=arrays.x_validation[other],
        y_validation=arrays.y_validation[other],
        x_test=arrays.x_test[other],
        y_test=arrays.y_test[other],
        order=None if arrays.order is None else arrays.order[arrays.order < SMOKE_TRAIN],
    )
