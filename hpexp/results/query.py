"""Which rows, in which order: `--where`, `--sort`, `--top`. Pure."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hpexp.errors import UsageError
from hpexp.model import Status
from hpexp.results.columns import OUTCOMES, Columns
from hpexp.results.ranking import score
from hpexp.store import StoredRun
from hpexp.text import param

Keep: TypeAlias = Callable[[StoredRun], bool]

_CONDITION = re.compile(r"\s*([\w.]+)\s*(!=|<=|>=|==?|<|>|~)\s*(.*?)\s*", re.DOTALL)
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asked for. `sort` is a column's name, with a leading `-` for falling."""

    sort: str | None = None
    top: int | None = None
    where: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.sort or self.top or self.where or self.group_by)


def matching(runs: Sequence[StoredRun], columns: Columns, conditions: Sequence[str]) -> list[StoredRun]:
    """The runs that meet every condition.

    Raises:
        UsageError: a condition that cannot be read, or an unknown column.
    """
    checks = [_condition(text, columns) for text in conditions]
    return [run for run in runs if all(check(run) for check in checks)]


def by_results(columns: Columns, conditions: Sequence[str]) -> list[str]:
    """The columns among those of the conditions that tell how a run went, not what it was."""
    found = [_CONDITION.fullmatch(condition) for condition in conditions]
    names = dict.fromkeys(each[1] for each in found if each)
    return [name for name in names if name in OUTCOMES or name in columns.metrics]


def in_order(runs: Sequence[StoredRun], columns: Columns, sort: str) -> list[StoredRun]:
    """Rising, or falling with a leading `-`; what has no value comes last.

    Where a metric orders them, runs that may not be ranked have no value.
    """
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    get = columns.get(name)
    if name in columns.metrics:
        return ordered(runs, lambda run: score(run, name), falling=falling)
    return ordered(runs, get, falling=falling)


def ordered(rows: Sequence[Any], get: Callable[[Any], Any], *, falling: bool) -> list[Any]:
    """Rows by a value: numbers before texts, and None or NaN last either way."""
    having = [row for row in rows if not _missing(get(row))]
    rest = [row for row in rows if _missing(get(row))]
    return sorted(having, key=lambda row: _sortable(get(row)), reverse=falling) + rest


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, tuple) else (2, str(value))


def _condition(text: str, columns: Columns) -> Keep:
    found = _CONDITION.fullmatch(text)
    if not found:
        hint = "write COLUMN, one of = != < <= > >= ~, and a value: --where 'learning_rate>0.01'"
        raise UsageError(f"--where: {text!r} is not a condition", hint=hint)
    name, sign, wanted = found.groups()
    get = columns.get(name)
    if sign in _ORDERS:
        return _order(get, sign, wanted, text)
    if sign == "~":
        return _pattern(get, wanted, text)
    if name == "status" and wanted not in list(Status):
        raise UsageError(f"--where: {wanted!r} is not a status", hint=f"statuses: {', '.join(Status)}")
    if sign == "!=":
        return lambda run: not _equal(get(run), wanted)
    return lambda run: _equal(get(run), wanted)


def _order(get: Callable[[StoredRun], Any], sign: str, wanted: str, text: str) -> Keep:
    limit = _number(wanted)
    if limit is None:
        raise UsageError(f"--where: {text!r}: {wanted!r} is not a number", hint=f"{sign} compares numbers")
    compare = _ORDERS[sign]

    def keep(run: StoredRun) -> bool:
        value = get(run)
        return isinstance(value, int | float) and compare(value, limit)

    return keep


def _pattern(get: Callable[[StoredRun], Any], wanted: str, text: str) -> Keep:
    try:
        pattern = re.compile(wanted, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"--where: {text!r}: not a regular expression: {error}") from error
    return lambda run: (value := get(run)) is not None and bool(pattern.search(param(value)))


def _equal(value: Any, wanted: str) -> bool:
    if value is None:
        return wanted.lower() in ("none", "null", "")
    if isinstance(value, bool):
        return wanted.lower() == str(value).lower()
    if isinstance(value, int | float):
        return _number(wanted) == value
    if isinstance(value, tuple):
        return re.findall(r"\d+", wanted) == [str(width) for width in value]
    return bool(str(value) == wanted)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
