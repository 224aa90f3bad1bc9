"""One value of a parameter: is it of the parameter's kind and within its bounds?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hpexp.config import wording
from hpexp.model import Value
from hpexp.vocabulary import OF_BUILT_IN_MODELS, OPTIMIZERS_LEFT_OUT, PARAMETERS, Parameter

MAX_COUNT = 10**9
MAX_LAYERS = 100


def check_value(name: str, value: Any, *, axis: bool = False, own: bool = False) -> Value:
    """`value` as the plan wants it: numbers as floats, counts as ints, widths as a tuple.

    A name that is no parameter of hpexp's is one of an own model's; it takes any scalar
    or list of whole numbers; with an `own` model so do the names of what built-in models are
    made of, which its function may use otherwise. `axis` tells that `value` is one entry of an axis.

    Raises:
        ValueError: says what is wrong and what is allowed.
    """
    parameter = parameter_of(name, own=own)
    if parameter is None:
        return own_value(value)
    if value is None:
        if parameter.default is None:
            return None
        hint = " (write none)" if "none" in parameter.allowed else ""
        raise ValueError(f"null is not allowed; {expected(parameter)}{hint}")
    checks: dict[str, Callable[[Any, Parameter], Value]] = {
        "number": _number, "count": _count, "flag": _flag, "name": _name, "batch": _batch, "widths": _widths,
    }  # fmt: skip
    if isinstance(value, list) and parameter.kind != "widths" and not axis:
        raise ValueError(
            f"a list is not allowed here; to try several values, write grid: {{{name}: {_flow(value)}}}"
        )
    return checks[parameter.kind](value, parameter)


def parameter_of(name: str, *, own: bool) -> Parameter | None:
    """The parameter of hpexp's that a name means; None for one of the `own` model's function."""
    return None if own and name in OF_BUILT_IN_MODELS else PARAMETERS.get(name)


def own_value(value: Any) -> Value:
    """A value for own Python code: a scalar, or a list of whole numbers as a tuple."""
    if isinstance(value, list) and all(type(item) is int for item in value):
        return tuple(value)
    if isinstance(value, list | dict):
        raise ValueError(
            f"{wording.kind(value)} is not one value: a number, text, true, false or whole numbers"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def expected(parameter: Parameter) -> str:
    """What a parameter takes, in words: `a number from 0 to 1`."""
    if parameter.kind == "flag":
        return "true or false"
    if parameter.kind == "name":
        return f"one of {', '.join(parameter.allowed)}"
    if parameter.kind == "batch":
        return f"{', '.join(parameter.allowed)} or a whole number from 1"
    if parameter.kind == "count":
        return "a whole number from 1"
    if parameter.kind == "widths":
        return "a list of whole numbers from 1"
    text = "a number"
    if parameter.low is not None:
        text += f" from {parameter.low:g}"
    if parameter.high is not None:
        text += f" to below {parameter.high:g}" if parameter.open_high else f" to {parameter.high:g}"
    return text


def _number(value: Any, parameter: Parameter) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{wording.kind(value)} is not {expected(parameter)}{_typo(value)}")
    number = float(value) if abs(value) < 1e300 else math.inf
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    below = number < high if parameter.open_high else number <= high
    if not (math.isfinite(number) and low <= number and below):
        raise ValueError(f"{wording.show(value)} is not {expected(parameter)}")
    return number


def whole(value: Any) -> int | None:
    """A whole number, also one written as 1e3; `None` for anything else."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if type(value) is int else None


def _count(value: Any, parameter: Parameter) -> int:
    count = whole(value)
    if count is None or not 1 <= count <= MAX_COUNT:
        raise ValueError(f"{wording.kind(value)} is not {expected(parameter)}")
    return count


def _flag(value: Any, parameter: Parameter) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{wording.kind(value)} is not {expected(parameter)}")
    return value


def _name(value: Any, parameter: Parameter) -> str:
    if parameter.name == "optimizer" and isinstance(value, str) and value in OPTIMIZERS_LEFT_OUT:
        raise ValueError(f"{value} {OPTIMIZERS_LEFT_OUT[value]}")
    if value not in parameter.allowed or not isinstance(value, str):
        raise ValueError(wording.one_of(value, parameter.allowed))
    return value


def _batch(value: Any, parameter: Parameter) -> Value:
    if isinstance(value, str):
        if value not in parameter.allowed:
            hint = wording.nearest(value, parameter.allowed)
            raise ValueError(f"{wording.show(value)} is not {expected(parameter)}{hint}")
        return value
    return _count(value, parameter)


def _widths(value: Any, parameter: Parameter) -> tuple[int, ...]:
    widths = value if isinstance(value, list) else [value]
    counts = [whole(width) for width in widths]
    if len(counts) > MAX_LAYERS:
        raise ValueError(f"{len(counts)} layers are too many; at most {MAX_LAYERS}")
    wrong = [
        width for width, count in zip(widths, counts, strict=True) if not count or not 1 <= count <= MAX_COUNT
    ]
    if wrong:
        raise ValueError(f"{wording.kind(wrong[0])} is not a whole number from 1")
    return tuple(count for count in counts if count is not None)


def _flow(value: list[Any]) -> str:
    return wording.show(value)


def _typo(value: Any) -> str:
    """What to write instead of a number with digits grouped by underscores or commas."""
    if isinstance(value, str):
        bare = value.replace("_", "").replace(",", "")
        if bare != value and bare.replace(".", "").isdigit():
            return f"; write {bare}"
    return ""
