"""The data of an experiment as arrays, and what a run does to them before training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpexp.model import ModelSpec, Params, Task
from hpexp.train.data.rows import rows_at_once
from hpexp.train.data.scaling import Statistics
from hpexp.train.models import Problem

Features: TypeAlias = NDArray[Any]
"""`[examples, features]`, images `[examples, rows, columns, channels]`, or what own data are.

float32 as a model sees them; before `prepare`, float64 where float32 cannot hold what the source has.
"""

Targets: TypeAlias = NDArray[Any]
"""int32 class numbers `[examples]`, or float32 `[examples]` or `[examples, outputs]`."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """Three splits; a split that has no share of the examples has length 0.

    `classes` are the names of the classes, by number; empty for regression. `features`
    are the columns of the inputs where the source has columns. `notes` say what was assumed. `order`
    are the places of the training examples in the order of the source, `None` where that is their own.
    """

    x_train: Features
    y_train: Targets
    x_validation: Features
    y_validation: Targets
    x_test: Features
    y_test: Targets
    task: Task
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    order: NDArray[np.int64] | None = None

    @property
    def problem(self) -> Problem:
        """What a model of these data has to fit."""
        return problem_of(self.x_train.shape[1:], self.y_train, self.task, self.classes)


def problem_of(shape: tuple[int, ...], y: Targets, task: Task, classes: tuple[str, ...]) -> Problem:
    """What a model has to fit: examples of this shape, and targets such as `y`."""
    columns = 1 if y.ndim == 1 else y.shape[1]
    return Problem(tuple(shape), len(classes) if task == "classification" else columns, task)


def shape_for(model: ModelSpec, shape: tuple[int, ...]) -> tuple[int, ...]:
    """An example's shape as a model sees it: one row of numbers for mlp and linear; a cnn takes
    `[rows, columns]` for images of one channel.
    """
    if model.kind in ("mlp", "linear"):
        return (math.prod(shape),)
    return (*shape, 1) if model.kind == "cnn" and len(shape) == 2 else shape


def prepare(arrays: Arrays, model: ModelSpec, params: Params) -> Arrays:
    """What the model sees: in the shape of `shape_for`, scaled as `normalize` asks, float32.

    Scaling is measured on the training split alone, by the rules of `Statistics`.
    """
    shape = shape_for(model, arrays.x_train.shape[1:])
    how = str(params.get("normalize", "none"))
    scaling = Statistics(lambda: _chunks(arrays)).scaling(how).reshaped(shape)

    def seen(x: Features) -> Features:
        return scaling(x.reshape(len(x), *shape))

    return replace(
        arrays,
        x_train=seen(arrays.x_train),
        x_validation=seen(arrays.x_validation),
        x_test=seen(arrays.x_test),
    )


def _chunks(arrays: Arrays) -> Iterator[Features]:
    """The training inputs in the order of their source, some at a time."""
    x = arrays.x_train
    order = np.arange(len(x)) if arrays.order is None else arrays.order
    step = rows_at_once(x.shape)
    for start in range(0, len(x), step):
        yield x[order[start : start + step]]
