"""What a cell is: text as written, and the number it holds where it holds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpexp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

SPACES = " \t"
"""Around a cell they do not count."""

_WHOLE = 2.0**53


def texts(cells: pl.Series) -> pl.Series:
    """The cells as text without spaces around them, '' for empty ones; whole floats as whole numbers."""
    import polars as pl

    if cells.dtype.is_float():
        cell = pl.col("cell")
        whole = (cell.floor() == cell) & (cell.abs() < _WHOLE)
        as_whole = cell.cast(pl.Int64, strict=False).cast(pl.String)
        shown = pl.when(whole).then(as_whole).otherwise(cell.cast(pl.String))
        cells = cells.alias("cell").to_frame().select(shown).to_series()
    return cells.cast(pl.String).str.strip_chars(SPACES).fill_null("")


def number(cells: pl.Expr, dtype: pl.DataType, decimal: str = ".") -> pl.Expr:
    """float64 numbers, `null` for what is none: ASCII digits with a sign, a decimal point and an exponent.

    NaN and infinity in words, and numbers beyond float64, are not finite.
    """
    import polars as pl

    if dtype == pl.String and decimal != ".":
        pointless = pl.when(~cells.str.contains(".", literal=True)).then(cells)
        cells = pointless.str.replace(decimal, ".", literal=True)
    if dtype == pl.Boolean:
        return pl.when(False).then(cells.cast(pl.Float64))
    return cells.cast(pl.Float64, strict=False)


def numbers_in(cells: pl.Series, decimal: str) -> pl.Series:
    """`number` of each cell without the spaces around it."""
    import polars as pl

    def parsed(cells: pl.Series) -> pl.Series:
        return cells.to_frame("cell").select(number(pl.col("cell"), cells.dtype, decimal)).to_series()

    found = parsed(cells)
    return parsed(texts(cells)) if found.null_count() and not cells.dtype.is_numeric() else found


def numbers_of(words: list[str], decimal: str) -> list[float | None]:
    """The number of each text, `None` where it is none."""
    import polars as pl

    return numbers_in(pl.Series(words, dtype=pl.String), decimal).to_list()


def check_type(where: str, dtype: pl.DataType) -> None:
    """Raise DataError for a column of a parquet file that holds neither numbers nor text."""
    import polars as pl

    if not (dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Null)):
        raise DataError(
            f"{where} holds {dtype}, neither numbers nor text", hint="drop it, or turn it into numbers first"
        )
