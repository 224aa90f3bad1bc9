"""The data of an experiment as arrays, and what a run does to them before training."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpexp.model import ModelSpec, Params, Task
from hpexp.train.models import Problem

Features: TypeAlias = NDArray[np.float32]
"""`[examples, features]`, images `[examples, rows, columns, channels]`, or what own data are."""

Targets: TypeAlias = NDArray[Any]
"""int32 class numbers `[examples]`, or float32 `[examples]` or `[examples, outputs]`."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """Three splits; a split that has no share of the examples has length 0.

    `classes` are the names of the classes, by number; empty for regression. `features`
    are the names of the input columns where there are any. `notes` say what was assumed.
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
    """What the model sees: in the shape of `shape_for`, scaled as `normalize` asks.

    `standard` takes away the mean and divides by the standard deviation, `minmax` maps
    to 0..1; each by input, measured on the training split alone. An input that is
    constant there is only shifted.
    """
    shape = shape_for(model, arrays.x_train.shape[1:])
    if shape != arrays.x_train.shape[1:]:
        arrays = _map(arrays, lambda x: x.reshape(len(x), *shape))
    how = params.get("normalize", "none")
    if how == "none":
        return arrays
    train = arrays.x_train
    span = np.ptp(train, axis=0)
    if how == "standard":
        shift = train.mean(axis=0, dtype=np.float64).astype(np.float32)
        scale = train.std(axis=0, dtype=np.float64).astype(np.float32)
    else:
        shift, scale = train.min(axis=0), span
    scale = np.where(span > 0, scale, np.float32(1))
    return _map(arrays, lambda x: (x - shift) / scale)


def _map(arrays: Arrays, change: Any) -> Arrays:
    return replace(
        arrays,
        x_train=change(arrays.x_train),
        x_validation=change(arrays.x_validation),
        x_test=change(arrays.x_test),
    )
