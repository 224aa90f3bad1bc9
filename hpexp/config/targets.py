"""Arrays of targets -> what there is to learn: the rule, and what is said where it has to assume.

One rule for plan and training. NumPy is imported where an array is at hand.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hpexp.config.classes import Classes
from hpexp.config.rounding import INSTEAD, Rounding
from hpexp.config.tasks import LARGEST, RARE, what_it_holds
from hpexp.errors import DataError
from hpexp.model import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHOOSE = "say `task: classification` or `task: regression` under data"
_NUMBERS = "biuf"
_KINDS = {"M": "dates", "m": "times", "c": "complex numbers", "V": "records", "O": "Python objects"}
_MISSING = {"", "?", "nan", "NaN", "NA", "N/A", "<NA>", "None", "null"}
_WIDEST = 1e-6
"""How far from 1 the sum of a row of shares may lie."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to learn. `one_hot`: the class of a row is the place of its 1. `note` says what was assumed."""

    task: Task
    one_hot: bool = False
    note: str = ""


class TargetArray:
    """Looks at targets `[examples]` or `[examples, outputs]`, some rows at a time."""

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        """`shape` is that of all rows together. Columns of one are none: `(n, 1)` is `(n)`."""
        self._dtype = dtype
        self._shape = shape[:1] if shape[1:] == (1,) else shape
        self._few = max(RARE, shape[0] // 20) if shape else 0
        self._seen: Counter[Any] = Counter()
        """Different values and how often each comes, until they are more than few; of one column only."""
        self._used: Counter[int] = Counter()
        """Columns that hold a 1, and how many they hold."""
        self._whole = self._binary = self._single = self._shares = True
        self._rows = 0
        self._odd = ""
        """The first example that float32 cannot hold, in words."""
        self._rounding = Rounding({"axis": 0})
        self._came_rounded = dtype.kind == "f" and dtype.itemsize == 4

    def add(self, rows: NDArray[Any]) -> None:
        """The next rows."""
        import numpy as np

        if self._dtype.kind == "f" and not self._odd:
            odd = np.argwhere(~(np.abs(rows) <= LARGEST))
            if len(odd):
                value = float(rows[tuple(odd[0])])
                self._odd = f"example {self._rows + odd[0][0]} holds {what_it_holds(value)}"
        self._rows += len(rows)
        if len(self._shape) in (1, 2) and not self._odd:
            self._round(rows)
        if len(self._shape) == 1:
            column = rows.reshape(-1)
            if self._dtype.kind not in _NUMBERS or len(self._seen) <= self._few:
                values, counts = np.unique(column, return_counts=True)
                self._seen.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
            if self._dtype.kind == "f" and self._whole:
                self._whole = bool((column == np.round(column)).all())
        elif len(self._shape) == 2 and self._dtype.kind in _NUMBERS:
            self._binary = self._binary and bool(((rows == 0) | (rows == 1)).all())
            if self._binary:
                self._single = self._single and bool((rows.sum(axis=1, dtype=np.int64) == 1).all())
                ones = (rows == 1).sum(axis=0).tolist()
                self._used.update({place: count for place, count in enumerate(ones) if count})
            elif self._shares:
                sums = rows.sum(axis=1, dtype=np.float64)
                self._shares = bool((rows >= 0).all() and (np.abs(sums - 1) <= _WIDEST).all())

    def decide(self, name: str, chosen: Task | None) -> Decision:
        """What to learn, `chosen` where the file says so; `name` begins an error.

        Raises:
            DataError: they cannot be learned, or the file has to say how.
        """
        kind, shape = self._dtype.kind, self._shape
        if not shape or len(shape) > 2 or 0 in shape:
            raise DataError(
                f"{name}: the target has shape {shape}; "
                "it needs one value an example, or one row of numbers: [examples] or [examples, outputs]"
            )
        if kind not in _NUMBERS + "US":
            raise DataError(f"{name}: the target is {_KINDS.get(kind, self._dtype)}, not numbers or text")
        if self._odd:
            raise DataError(f"{name}: the target of {self._odd}", hint="change or drop such rows first")
        is_text = kind in "US"
        if is_text and chosen == "regression":
            raise DataError(f"{name}: the target is text, which regression cannot learn")
        if len(shape) == 2:
            decision = self._of_matrix(name, chosen)
        else:
            decision = Decision(chosen) if chosen else self._of_column()
        if decision.task == "regression" and not self._came_rounded:
            self._rounding.refuse(f"{name}: the target")
        elif decision.task == "regression" and (harm := self._rounding.harm("the target")):
            decision = replace(decision, note="; ".join(filter(None, (decision.note, harm, INSTEAD))))
        if len(shape) == 2:
            return decision
        if decision.task == "classification" and len(self._seen) < 2:
            raise DataError(f"{name}: there is only one class, {label(*self._seen)}")
        empty = [repr(value) for value in sorted(_MISSING & set(self._seen))] if is_text else []
        if empty:
            words = (
                f"the target: {', '.join(empty)} is a class like any other text; drop such rows if it is none"
            )
            return replace(decision, note="; ".join(filter(None, (decision.note, words))))
        return decision

    def _round(self, rows: NDArray[Any]) -> None:
        """Whole numbers of 64 bits in what the machine has beyond float64, if it has.

        What comes as float32 may have been rounded before; half a step at most, and evenly.
        """
        import numpy as np

        if self._came_rounded:
            exact = rows.reshape(len(rows), -1).astype(np.float64)
            self._rounding.add(exact, exact + np.spacing(exact.astype(np.float32)) / math.sqrt(12))
            return
        if self._dtype.kind not in "iuf" or np.can_cast(self._dtype, np.float32):
            return
        is_long = self._dtype.kind in "iu" and self._dtype.itemsize == 8
        exact = rows.reshape(len(rows), -1).astype(np.longdouble if is_long else np.float64)
        self._rounding.add(exact, exact.astype(np.float32))

    def classes(self) -> Classes:
        """The classes, as training names and orders them; () where not all of them were counted."""
        if len(self._shape) == 2:
            return tuple((str(place), self._used[place]) for place in range(self._shape[1]))
        if self._seen.total() < self._rows:
            return ()
        return tuple((label(value), self._seen[value]) for value in sorted(self._seen))

    def _of_matrix(self, name: str, chosen: Task | None) -> Decision:
        columns = self._shape[1]
        if chosen == "regression":
            return Decision("regression")
        if self._dtype.kind in "US":
            raise DataError(f"{name}: class targets need one column, but have shape {self._shape}")
        if self._binary and self._single:
            if len(self._used) < 2:
                raise DataError(f"{name}: there is only one class, column {min(self._used)} of {columns}")
            note = f"rows with a single 1 are taken as one-hot, {columns} classes"
            return Decision("classification", one_hot=True, note="" if chosen else self._note(note))
        if self._binary:
            raise DataError(
                f"{name}: the target has {columns} columns of 0 and 1, and rows with several 1s or none: "
                "several labels an example, for which there is no loss here",
                hint="give one class an example, or say `task: regression` under data, which fits the "
                "0s and 1s by their squared error",
            )
        if chosen == "classification":
            raise DataError(
                f"{name}: class targets need one column, or one-hot rows, but have shape {self._shape}",
                hint="give the classes' numbers: y.argmax(axis=1)",
            )
        rows = "rows that add up to 1" if self._shares else f"rows of {columns} numbers"
        note = f"the target: {rows} are taken as {columns} quantities"
        return Decision("regression", note=f"{note}; classes are one value an example, or one-hot")

    def _of_column(self) -> Decision:
        kind, different = self._dtype.kind, len(self._seen)
        if kind in "USb":
            # A fifth of the examples as classes leaves less than five for each.
            many = kind != "b" and different > max(RARE, self._shape[0] // 5)
            note = (
                f"the target: {different:,} different texts in {self._shape[0]:,} examples are taken as "
                "classes; if they are quantities, give them as numbers"
            )
            return Decision("classification", note=note if many else "")
        few = different <= self._few
        if kind == "f" and self._whole and few:
            note = f"floats that hold {different} whole numbers are taken as classes"
            return Decision("classification", note=self._note(note))
        if kind == "f":
            note = f"{different} different numbers are taken as quantities" if different <= RARE else ""
            return Decision("regression", note=self._note(note) if note else "")
        if few:
            return Decision("classification")
        note = f"whole numbers of more than {self._few} different values are taken as quantities"
        return Decision("regression", note=self._note(note))

    def _note(self, what: str) -> str:
        return f"the target: {what}; if that is wrong, {_CHOOSE}"


def label(value: Any) -> str:
    """A class's name: that of a float without fraction is the whole number, bytes are text."""
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, str | bool | int):
        return str(value)
    return str(int(value)) if value == int(value) else str(value)
