"""The rows of a csv or parquet file, some at a time, in a memory that does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpexp.config.tables.header import Header
from hpexp.config.tables.malformed import malformed
from hpexp.config.tables.source import TableFile
from hpexp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

ROW = "row"
"""The column of row numbers: the header is 0, the first row below it 1, blank lines counted."""
_CELLS_AT_ONCE = 500_000
_MOST_ROWS = 50_000


@contextmanager
def readable(table: TableFile) -> Iterator[None]:
    """Inside, what polars cannot do with the cells of a table raises DataError."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{table.path} cannot be read as a table: {_first_line(error)}") from error


def batches(table: TableFile, header: Header) -> Iterator[pl.DataFrame]:
    """All rows but blank ones, in order; columns are named `0`, `1`, … by their places, beside `row`.

    Cells of a csv file are text as written, `null` for those without a character between two
    delimiters. A row without a filled cell is blank.

    Raises:
        DataError: the file is malformed.
    """
    import polars as pl

    places = [str(place) for place in range(len(header.names))]
    for raw in raw_batches(table, header):
        frame = raw.filter(pl.col(ROW) > 0)
        if frame[places[0]].null_count():
            frame = frame.filter(pl.any_horizontal(pl.col(places).is_not_null()))
        if frame.height:
            yield frame


def raw_batches(table: TableFile, header: Header) -> Iterator[pl.DataFrame]:
    """`batches` with blank rows, and with the header as row 0 of a csv file."""
    import polars as pl

    width = len(header.names)
    rows = max(1, min(_MOST_ROWS, _CELLS_AT_ONCE // width))
    try:
        yield from _scan(table, header).collect_batches(chunk_size=rows, maintain_order=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = _first_line(error)
        if table.kind == "csv":
            raise malformed(table, width, reason) from error
        raise DataError(f"{table.path} is not a readable Parquet file: {reason}") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _scan(table: TableFile, header: Header) -> pl.LazyFrame:
    import polars as pl
    from polars import selectors as cs

    if table.kind == "parquet":
        named = [pl.col(name).alias(str(place)) for place, name in enumerate(header.names)]
        # Texts whichever way they are coded: polars makes numbers of no other ones.
        texts = (cs.categorical() | cs.enum()).cast(pl.String)
        rows = pl.scan_parquet(table.path, glob=False).select(named).with_columns(texts)
        return rows.with_row_index(ROW, offset=1)
    return pl.scan_csv(
        table.path,
        has_header=False,
        schema={str(place): pl.String() for place in range(len(header.names))},
        separator=table.options.delimiter,
        skip_lines=header.line - 1,
        eol_char=header.eol,
        glob=False,
    ).with_row_index(ROW)


def lines_of(table: TableFile, header: Header, rows: Sequence[int]) -> list[int]:
    """Where rows begin in their file as a person counts: lines of a csv file, rows of another."""
    import polars as pl

    if table.kind != "csv":
        return list(rows)
    found: dict[int, int] = {}
    line = header.line
    breaks = pl.sum_horizontal(pl.exclude(ROW).str.count_matches(header.eol, literal=True).fill_null(0))
    for frame in raw_batches(table, header):
        lines = frame.select(ROW, lines=breaks + 1).with_columns(
            line=pl.col("lines").cum_sum() - pl.col("lines")
        )
        wanted = lines.filter(pl.col(ROW).is_in(list(rows)))
        found |= {row: line + start for row, _, start in wanted.iter_rows()}
        line += int(lines["lines"].sum())
        if len(found) == len(set(rows)):
            break
    return [found[row] for row in rows]
