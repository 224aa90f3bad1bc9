"""What own code calls an array -> an array of numbers or text, or an error that says what it is instead."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpexp.errors import DataError

_HINT = "fill or drop such rows first"


def settled(values: Any, what: str) -> NDArray[Any]:
    """`values` as an array of numbers or text; `what` names them in errors.

    Objects become what they all are, bytes become text. Raises DataError for missing values
    and for objects of several kinds.
    """
    if np.ma.is_masked(values):
        row = int(np.argwhere(np.ma.getmaskarray(values))[0][0])
        raise DataError(f"{what}: example {row} has a masked value", hint=_HINT)
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{what}: {type(values).__name__} is not an array: {error}") from error
    if array.ndim == 0:
        raise DataError(
            f"{what} must be an array with one entry an example, not {type(values).__name__}",
            hint="a sparse matrix has .toarray()" if hasattr(values, "toarray") else None,
        )
    if array.dtype.kind == "S":
        return _decoded(array, what)
    return _of_objects(array, what) if array.dtype.kind in "OT" else array


def _of_objects(array: NDArray[Any], what: str) -> NDArray[Any]:
    flat = array.reshape(-1).tolist()
    missing = next((place for place, value in enumerate(flat) if _is_missing(value)), None)
    if missing is not None:
        row = missing // max(1, math.prod(array.shape[1:]))
        raise DataError(f"{what}: example {row} has no value, but {flat[missing]}", hint=_HINT)
    if all(isinstance(value, str) for value in flat):
        return np.array(flat, np.str_).reshape(array.shape)
    if all(isinstance(value, bool | np.bool_) for value in flat):
        return np.array(flat, np.bool_).reshape(array.shape)
    # A bool among numbers is one of two spellings that somebody mixed.
    if all(isinstance(value, numbers.Real) and not isinstance(value, bool) for value in flat):
        result = np.array(flat)
        return (result if result.dtype.kind in "iuf" else np.array(flat, np.float64)).reshape(array.shape)
    kinds = ", ".join(sorted({type(value).__name__ for value in flat}))
    raise DataError(f"{what}: values of the types {kinds} are neither all numbers nor all text")


def _is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas's NA, which is equal to nothing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _decoded(array: NDArray[Any], what: str) -> NDArray[Any]:
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{what}: bytes that are not UTF-8 text") from error
