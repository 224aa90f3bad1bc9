"""Data as a source gives them, before they are split: checks, class numbers, task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.config.targets import Decision, TargetArray, label
from hpexp.errors import DataError
from hpexp.model import Params, Task


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
    is_picture: bool = False
    """Whether `x` are pictures that hpexp knows: bytes of theirs become 0..1, and each has channels."""


def inputs(x: NDArray[Any], name: str, *, is_picture: bool = False) -> NDArray[np.float32]:
    """The inputs as float32 numbers; see `as_inputs`."""
    check_numbers(x.dtype, name)
    result = as_inputs(x, x.dtype, is_picture=is_picture)
    check_finite(result, x, 0, name)
    return result


def as_inputs(x: NDArray[Any], dtype: np.dtype[Any], *, is_picture: bool = False) -> NDArray[np.float32]:
    """`inputs` without checks, of examples of data whose type as a whole is `dtype`.

    Arrays keep their numbers and their shape, but that one number an example is `[examples, 1]`.
    Pictures that hpexp knows are divided by 255 where they are bytes, and have channels.
    """
    if x.ndim < 2:
        x = x[:, np.newaxis]
    with np.errstate(over="ignore"):
        result = np.asarray(x.astype(dtype, copy=False), np.float32)
    if is_picture and dtype == np.uint8:
        result = result / np.float32(255)
    if is_picture and x.ndim == 3:
        result = result[..., np.newaxis]
    return result


def check_numbers(dtype: np.dtype[Any], name: str) -> None:
    """Raise DataError where inputs of this type are no numbers."""
    if dtype.kind not in "biuf":
        raise DataError(f"{name}: the inputs are {dtype}, not numbers")


def check_finite(x: NDArray[np.float32], source: NDArray[Any], first: int, name: str) -> None:
    """Raise DataError where an example is not finite; `first` is the number of the first one.

    `source` holds the numbers that became `x`.
    """
    finite = np.isfinite(x)
    if finite.all():
        return
    row = int(np.argwhere(~finite)[0][0])
    values = source[row : row + 1]
    wrong = values[np.isfinite(values) & ~finite[row : row + 1].reshape(values.shape)]
    if wrong.size:
        raise DataError(
            f"{name}: example {first + row} holds {wrong[0]:g}, which is too large for float32",
            hint="scale such inputs first",
        )
    raise DataError(
        f"{name}: example {first + row} holds NaN or infinity", hint="fill or drop such rows first"
    )


def decide(y: NDArray[Any], options: Params, name: str) -> Decision:
    """What to learn: what the option `task` says, else by the rules of `hpexp.config.targets`."""
    chosen: Task | None = None
    match options.get("task"):
        case "classification" | "regression" as chosen:
            pass
    found = TargetArray(y.dtype, y.shape)
    found.add(y)
    return found.decide(name, chosen)


def task_of(y: NDArray[Any], options: Params, name: str) -> Task:
    """The task alone."""
    return decide(y, options, name).task


def targets(raw: Raw, task: Task, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The targets as a model takes them, and the names of the classes."""
    y = raw.y
    if y.shape[1:] == (1,):
        y = y[:, 0]
    if task == "regression":
        if y.dtype.kind not in "biuf":
            raise DataError(f"{name}: the target is text, which regression cannot learn")
        with np.errstate(over="ignore"):
            values = np.asarray(y, np.float32)
        if not np.isfinite(values).all():
            too_large = np.isfinite(y).all()
            what = "a number that is too large for float32" if too_large else "NaN or infinity"
            raise DataError(f"{name}: the target holds {what}")
        return values, ()
    if y.ndim == 2:
        return y.argmax(axis=1).astype(np.int32), tuple(map(str, range(y.shape[1])))
    if raw.classes:
        return y.astype(np.int32), raw.classes
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"{name}: the target holds NaN or infinity")
    values, numbers = np.unique(y, return_inverse=True)
    if len(values) < 2:
        raise DataError(f"{name}: there is only one class, {values[0]}" if len(values) else f"{name}: empty")
    return numbers.astype(np.int32), tuple(label(value) for value in values.tolist())
