"""Data as a source gives them, before they are split: checks, class numbers, task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.config.targets import Decision, TargetArray, label
from hpexp.config.tasks import LARGEST, what_it_holds
from hpexp.errors import DataError
from hpexp.model import Params, Task
from hpexp.train.data.rows import rows_at_once

_FILL = "change or drop such rows first"


@dataclass(frozen=True, slots=True)
class Raw:
    """Inputs `[examples, …]` and targets `[examples]` (or `[examples, outputs]`), of any NumPy type."""

    x: NDArray[Any]
    y: NDArray[Any]
    features: tuple[str, ...] = ()
    """The column of each input, where the source has columns."""
    classes: tuple[str, ...] = ()
    """Names of the classes, where the source knows them and `y` counts them from 0."""
    keep: object = None
    """What the file of a memory-mapped `x` lives by."""
    is_picture: bool = False
    """Whether `x` are pictures that hpexp knows: bytes of theirs become 0..1, and each has channels."""
    task: Task | None = None
    """What to learn, where the source has decided it."""


def inputs(x: NDArray[Any], name: str, *, is_picture: bool = False) -> NDArray[Any]:
    """The inputs as float32 or float64 numbers; see `as_inputs`."""
    check_numbers(x.dtype, name)
    result = as_inputs(x, x.dtype, is_picture=is_picture)
    check_range(result, 0, name)
    return result


def as_inputs(x: NDArray[Any], dtype: np.dtype[Any], *, is_picture: bool = False) -> NDArray[Any]:
    """`inputs` without checks, of examples of data whose type as a whole is `dtype`.

    float32 where that holds every value of the type, else float64: `Scaling` is to see what the source has.
    Arrays keep their numbers and their shape, but that one number an example is `[examples, 1]`.
    Pictures that hpexp knows are divided by 255 where they are bytes, and have channels.
    """
    if x.ndim < 2:
        x = x[:, np.newaxis]
    kept = np.float64 if is_wide(dtype) else np.float32
    result: NDArray[Any] = np.asarray(x.astype(dtype, copy=False), kept)
    if is_picture and dtype == np.uint8:
        result = result / np.float32(255)
    if is_picture and x.ndim == 3:
        result = result[..., np.newaxis]
    return result


def is_wide(dtype: np.dtype[Any]) -> bool:
    """Whether float32 cannot hold every value of a type: float64, and whole numbers of 32 bits or more."""
    return not np.can_cast(dtype, np.float32)


def check_numbers(dtype: np.dtype[Any], name: str) -> None:
    """Raise DataError where inputs of this type are no numbers."""
    if dtype.kind not in "biuf":
        raise DataError(f"{name}: the inputs are {dtype}, not numbers")


def check_range(x: NDArray[Any], first: int, name: str) -> None:
    """Raise DataError where an example holds NaN, infinity or too large a number; they count from `first`."""
    step = rows_at_once(x.shape)
    for start in range(0, len(x), step):
        part = x[start : start + step]
        wrong = np.argwhere(~(np.abs(part) <= LARGEST))
        if len(wrong):
            row, *place = wrong[0].tolist()
            value = part[row, *place]
            where = f"{name}: example {first + start + row}"
            place_text = ", ".join(map(str, place))
            raise DataError(f"{where} holds {what_it_holds(value)} (input {place_text})", hint=_FILL)


def decide(y: NDArray[Any], options: Params, name: str) -> Decision:
    """What to learn: what the option `task` says, else by the rules of `hpexp.config.targets`."""
    chosen: Task | None = None
    match options.get("task"):
        case "classification" | "regression" as chosen:
            pass
    found = TargetArray(y.dtype, y.shape)
    found.add(y)
    return found.decide(name, chosen)


def targets(raw: Raw, task: Task, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The targets as a model takes them, and the names of the classes; `decide` has checked them."""
    y = raw.y
    if y.shape[1:] == (1,):
        y = y[:, 0]
    if task == "regression":
        if y.dtype.kind not in "biuf":
            raise DataError(f"{name}: the target is text, which regression cannot learn")
        return np.asarray(y, np.float32), ()
    if y.ndim == 2:
        return y.argmax(axis=1).astype(np.int32), tuple(map(str, range(y.shape[1])))
    if raw.classes:
        return y.astype(np.int32), raw.classes
    values, numbers = np.unique(y, return_inverse=True)
    if len(values) < 2:
        raise DataError(f"{name}: there is only one class, {values[0]}" if len(values) else f"{name}: empty")
    return numbers.astype(np.int32), tuple(label(value) for value in values.tolist())
