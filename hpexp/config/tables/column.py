"""One column of a table as its cells come by: numbers, words, empty and missing cells, and their places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpexp.config import wording
from hpexp.config.rounding import Rounding
from hpexp.config.tables.cells import numbers_in, texts
from hpexp.config.tables.header import MAX_COLUMNS, Header
from hpexp.config.tables.reading import lines_of
from hpexp.config.tables.source import TableFile
from hpexp.config.tasks import LARGEST
from hpexp.errors import DataError
from hpexp.model import Column

if TYPE_CHECKING:
    import polars as pl

MAX_CLASSES = 1_000_000
_SHOWN = 3


@dataclass(slots=True)
class Found:
    """Cells of a kind: how many, and the first of them by their rows."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, mask: pl.Series, rows: pl.Series, cells: pl.Series) -> None:
        self.count += int(mask.sum())
        if len(self.first) < _SHOWN and self.count:
            places = mask.arg_true().head(_SHOWN - len(self.first))
            self.first += zip(rows.gather(places).to_list(), cells.gather(places).to_list(), strict=True)


class ColumnSurvey:
    """What a column holds. `counts_words`: its words are counted from its first row on.

    `rounding` is what float32 takes from the target's numbers.
    """

    def __init__(self, file: TableFile, header: Header, place: int, *, counts_words: bool) -> None:
        self.file, self.header = file, header
        self.name, self.key = header.names[place], str(place)
        self.counts_words = counts_words
        self.cells = self.numbers = self.missing = 0
        self.empty, self.odd, self.huge = Found(), Found(), Found()
        self.words: Counter[str] = Counter()
        self.is_late = False
        """Whether words came after rows that were not counted."""
        self.largest = 0.0
        self.counts_rows = True
        """Whether each number is the one before plus one."""
        self.leading_zero = ""
        self._last: float | None = None
        self.rounding = Rounding()

    @property
    def where(self) -> str:
        return f"{self.file.path}: column {wording.show(self.name)}"

    @property
    def decimal(self) -> str:
        return self.file.options.decimal

    @property
    def is_text(self) -> bool:
        """Whether the cells are words: so declared, or most of them no numbers."""
        return self.name in self.file.options.categorical or self.odd.count > self.numbers

    def add_numbers(self, numbers: pl.Series, largest: float, leading_zero: str | None) -> None:
        """Cells that are finite numbers, all of them."""
        self.leading_zero = self.leading_zero or leading_zero or ""
        self.cells += len(numbers)
        self.numbers += len(numbers)
        self.largest = max(self.largest, largest)
        if self.counts_rows:
            before = numbers[0] - 1 if self._last is None else self._last
            ends = numbers[0] == before + 1 and numbers[-1] == before + len(numbers)
            self.counts_rows = ends and bool((numbers.diff().drop_nulls() == 1).all())
            self._last = numbers[-1]

    def add_cells(self, cells: pl.Series, rows: pl.Series) -> None:
        """Any cells, beside the numbers of their rows."""
        shown, numbers = texts(cells), numbers_in(cells, self.decimal)
        missing = shown.is_in(list(self.file.options.missing))
        finite = numbers.is_finite().fill_null(False) & ~missing
        empty = (shown == "") & ~missing
        odd = ~finite & ~empty & ~missing
        large = (finite & (numbers.abs() > LARGEST)).fill_null(False)
        self.huge.add(large, rows, shown)
        if self.name == self.file.target:
            held = numbers.filter(finite & ~large)
            self.rounding.add(held, _as_float32(held))
        self.empty.add(empty, rows, shown)
        self.odd.add(odd, rows, shown)
        if self.odd.count and not self.counts_words:
            self.is_late = self.cells > 0
            self.counts_words = True
        self.cells += len(cells)
        self.numbers += int(finite.sum())
        self.missing += int(missing.sum())
        self.counts_rows = False
        if self.counts_words and len(self.words) <= MAX_CLASSES:
            words = shown.to_frame("word").filter(~missing)["word"] if self.missing else shown
            self.words.update(dict(words.value_counts().iter_rows()))

    def at(self, found: Found) -> str:
        """`line 5`, or `lines 5, 7, 9 and 2 more`."""
        lines = lines_of(self.file, self.header, [row for row, _ in found.first])
        place = self.file.place
        if found.count == 1:
            return f"{place} {lines[0]}"
        more = f" and {found.count - len(lines):,} more" if found.count > len(lines) else ""
        return f"{place}s {', '.join(map(str, lines))}{more}"

    def mixed(self) -> DataError:
        """The error of a column of numbers in which some cells are none."""
        shown = list(dict.fromkeys(wording.show(cell) for _, cell in self.odd.first))
        if self.odd.count == 1 and any(map(str.isdigit, shown[0])) and _is_endless(self.odd.first[0][1]):
            return self.too_large(self.odd)
        others = (
            f"the other {self.numbers:,} are numbers" if self.numbers != 1 else "the other one is a number"
        )
        verb = "holds" if self.odd.count == 1 else "hold"
        cells = ", ".join(shown)
        return DataError(
            f"{self.where}: {self.at(self.odd)} {verb} {cells}; {others}",
            hint=f"if that means no value: missing: [{', '.join(map(_quoted, shown))}]; if the column is a "
            f"category: categorical: [{wording.show(self.name)}]; or change the file",
        )

    def too_large(self, found: Found) -> DataError:
        return DataError(
            f"{self.where}: {self.at(found)} {'holds' if found.count == 1 else 'hold'} "
            f"{wording.show(found.first[0][1])}, too large for float32",
            hint=f"the largest number is {LARGEST:.3g}; give the column another unit, or drop it",
        )


def _as_float32(numbers: pl.Series) -> pl.Series:
    import polars as pl

    return numbers.cast(pl.Float32).cast(pl.Float64)


def input_column(column: ColumnSurvey) -> Column:
    """What a column is as an input.

    Raises:
        DataError: it is neither numbers nor a category for certain; says the lines and what to set.
    """
    if column.empty.count + column.missing == column.cells:
        raise DataError(f"{column.where} is empty", hint=f"drop: [{wording.show(column.name)}]")
    if column.is_text:
        words = sorted(column.words.keys() | ({""} if column.missing else set()))
        if len(words) > MAX_COLUMNS:
            raise DataError(
                f"{column.where} has more than {MAX_COLUMNS:,} different texts, each of which is an input",
                hint=f"drop: [{wording.show(column.name)}]",
            )
        return Column(column.name, tuple(words), column.missing)
    if column.odd.count:
        raise column.mixed()
    if column.empty.count:
        verb = "is" if column.empty.count == 1 else "are"
        raise DataError(
            f"{column.where}: {column.at(column.empty)} {verb} empty",
            hint='missing: [""] fills them with the mean of the training split; or drop such rows first',
        )
    if column.huge.count:
        raise column.too_large(column.huge)
    return Column(column.name, None, column.missing)


def _is_endless(cell: str) -> bool:
    """Whether digits make a number beyond float64."""
    import re

    return re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", cell) is not None


def _quoted(word: str) -> str:
    return word if word.isalnum() else f'"{word}"'
