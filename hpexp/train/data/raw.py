"""Data as a source gives them, before they are split: checks, class numbers, task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.errors import DataError
from hpexp.model import Params, Task

RARE = 20
"""Whole numbers with more values than this, and more than a twentieth of the examples, are quantities."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Inputs `[examples, …]` and targets `[examples]` (or `[examples, outputs]`), of any NumPy type."""

    x: NDArray[Any]
    y: NDArray[Any]
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    """Names of the classes, where the source knows them and `y` counts them from 0."""
    keep: object = None
    """What the file of a memory-mapped `x` lives by."""


def inputs(x: NDArray[Any], name: str) -> NDArray[np.float32]:
    """float32 inputs; bytes as images become 0..1, images without channels get one."""
    check_numbers(x.dtype, name)
    result = as_inputs(x, x.dtype)
    check_finite(result, 0, name)
    return result


def as_inputs(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.float32]:
    """`inputs` without checks, of examples of data whose type as a whole is `dtype`."""
    if x.ndim < 2:
        x = x[:, np.newaxis]
    is_image = x.ndim in (3, 4)
    result = np.asarray(x.astype(dtype, copy=False), np.float32)
    if is_image and dtype == np.uint8:
        result = result / np.float32(255)
    if x.ndim == 3:
        result = result[..., np.newaxis]
    return result


def check_numbers(dtype: np.dtype[Any], name: str) -> None:
    """Raise DataError where inputs of this type are no numbers."""
    if dtype.kind not in "biuf":
        raise DataError(f"{name}: the inputs are {dtype}, not numbers")


def check_finite(x: NDArray[np.float32], first: int, name: str) -> None:
    """Raise DataError where an example is not finite; `first` is the number of the first one."""
    finite = np.isfinite(x)
    if not finite.all():
        row = first + int(np.argwhere(~finite)[0][0])
        raise DataError(f"{name}: example {row} holds NaN or infinity", hint="fill or drop such rows first")


def task_of(y: NDArray[Any], options: Params) -> Task:
    """What to learn: the option `task`, else classes for text, bools and whole numbers of few values."""
    chosen = options.get("task")
    if chosen is not None:
        return "regression" if chosen == "regression" else "classification"
    if y.ndim > 1:
        return "regression"
    if y.dtype.kind == "f":
        whole = bool(np.isfinite(y).all() and (y == np.round(y)).all())
    else:
        whole = y.dtype.kind in "iu"
    if y.dtype.kind in "biuf":
        few = len(np.unique(y)) <= max(RARE, len(y) // 20)
        return "classification" if y.dtype.kind == "b" or (whole and few) else "regression"
    return "classification"


def targets(raw: Raw, task: Task, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The targets as a model takes them, and the names of the classes."""
    y = raw.y
    if task == "regression":
        if y.dtype.kind not in "biuf":
            raise DataError(f"{name}: the target is text, which regression cannot learn")
        values = np.asarray(y, np.float32)
        if not np.isfinite(values).all():
            raise DataError(f"{name}: the target holds NaN or infinity")
        return (values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values), ()
    if y.ndim > 1 and y.shape[1:] == (1,):
        y = y[:, 0]
    if y.ndim != 1:
        raise DataError(f"{name}: class targets need one column, but have shape {y.shape}")
    if raw.classes:
        return y.astype(np.int32), raw.classes
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"{name}: the target holds NaN or infinity")
    values, numbers = np.unique(y, return_inverse=True)
    if len(values) < 2:
        raise DataError(f"{name}: there is only one class, {values[0]}" if len(values) else f"{name}: empty")
    return numbers.astype(np.int32), tuple(_label(value) for value in values)


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, np.floating) and value == int(value) else str(value)
