"""A whole table, read once -> what each column holds, what there is to learn, what is worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hpexp.config.tables import notes
from hpexp.config.tables.cells import check_type, number
from hpexp.config.tables.column import ColumnSurvey, input_column
from hpexp.config.tables.header import Header, read_header
from hpexp.config.tables.malformed import find_malformed
from hpexp.config.tables.reading import ROW, batches, readable
from hpexp.config.tables.source import TableFile
from hpexp.config.tables.target import Target, target_of
from hpexp.config.tasks import LARGEST
from hpexp.errors import DataError
from hpexp.model import Column, TableFacts

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be learned from: its `inputs` in the order of the file, and its target.

    `examples` are the rows that have a target. `notes` say what was assumed, a sentence each.
    """

    file: TableFile
    header: Header
    inputs: tuple[Column, ...]
    target: Target
    examples: int
    notes: tuple[str, ...]

    @property
    def facts(self) -> TableFacts:
        return TableFacts(self.file.target, self.inputs)

    @property
    def width(self) -> int:
        """Numbers that one example becomes, where every word of a category is in the training split."""
        return sum(1 if column.words is None else len(column.words) for column in self.inputs)


def survey(file: TableFile) -> Table:
    """Read a table and decide what its columns are; a second call costs nothing while the file is the same.

    Raises:
        DataError: it is malformed, or a column is not one or the other; with the lines.
        OSError: it cannot be read.
    """
    status = Path(file.path).stat()
    with readable(file):
        return _survey(file, (status.st_size, status.st_mtime_ns, status.st_ino))


@lru_cache(maxsize=16)
def _survey(file: TableFile, stamp: object) -> Table:
    header = read_header(file)
    columns = _read(file, header, ())
    late = [place for place, column in columns.items() if column.is_late and column.is_text]
    if late:
        columns = _read(file, header, late)
    target = columns.pop(header.place(file.target))
    if not target.cells:
        raise DataError(f"{file.path} has no rows below its header")
    learned = target_of(target)
    inputs = tuple(input_column(column) for column in columns.values())
    return Table(file, header, inputs, learned, target.cells - target.missing,
                 tuple(notes.of(learned, target, columns.values())))  # fmt: skip


def _read(file: TableFile, header: Header, tracked: Sequence[int]) -> dict[int, ColumnSurvey]:
    """Every column that is not dropped, by its place; words of `tracked` ones are counted from the start."""

    options = file.options
    always = {*tracked, header.place(file.target)}
    always |= {place for place, name in enumerate(header.names) if name in options.categorical}
    columns = {
        place: ColumnSurvey(file, header, place, counts_words=place in always)
        for place, name in enumerate(header.names)
        if name not in options.drop
    }
    last = str(len(header.names) - 1)
    may_be_short = False
    for batch, frame in enumerate(batches(file, header)):
        if not batch:
            schema = frame.schema
            for column in columns.values():
                check_type(column.where, schema[column.key])
        may_be_short = may_be_short or bool(frame[last].null_count())
        _add(frame, columns)
    # polars fills short rows with empty cells.
    if may_be_short and file.kind == "csv" and (wrong := find_malformed(file, len(header.names))):
        raise wrong
    return columns


def _add(frame: pl.DataFrame, columns: dict[int, ColumnSurvey]) -> None:
    """The next rows: columns of nothing but numbers in one go, the others cell by cell."""
    import polars as pl

    schema = frame.schema
    plain = [column for column in columns.values() if not column.counts_words]
    keys: dict[pl.DataType, list[str]] = {}
    for column in plain:
        keys.setdefault(schema[column.key], []).append(column.key)
    decimal = next(iter(columns.values())).decimal
    parsed = frame.select(number(pl.col(names), dtype, decimal) for dtype, names in keys.items())
    sizes = parsed.select(pl.all().abs().max()).row(0, named=True) if plain else {}
    counts = parsed.select(pl.all().is_finite().sum()).row(0, named=True) if plain else {}
    zeros = _leading_zeros(frame, plain) if not columns[min(columns)].cells else {}
    rows = frame[ROW]
    for column in columns.values():
        cells, largest = frame[column.key], sizes.get(column.key)
        if counts.get(column.key) == frame.height and largest is not None and largest <= LARGEST:
            column.add_numbers(parsed[column.key], largest, zeros.get(column.key))
        else:
            column.add_cells(cells, rows)


def _leading_zeros(frame: pl.DataFrame, plain: Sequence[ColumnSurvey]) -> dict[str, str | None]:
    """By column: the first cell of digits that begin with a zero, `None` where there is none."""
    import polars as pl

    schema = frame.schema
    keys = [column.key for column in plain if schema[column.key] == pl.String]
    zeros = pl.col(keys).filter(pl.col(keys).str.contains(r"^[+-]?0[0-9]")).first()
    return frame.select(zeros).row(0, named=True) if keys else {}
