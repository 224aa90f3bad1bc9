"""The names of a table's columns, and whether a model could be trained on them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from hpexp.config import wording
from hpexp.config.tables.source import TableFile
from hpexp.errors import DataError

MAX_COLUMNS = 50_000
_LONGEST_LINE = 1 << 26
"""Characters; the header of the widest table that can be an input is far shorter."""
_LONGEST_CELL = 1 << 30
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


@dataclass(frozen=True, slots=True)
class Header:
    """Names as they are written, without spaces around them; `line` is the header's own, from 1."""

    names: tuple[str, ...]
    line: int = 1
    eol: str = "\n"

    def place(self, name: str) -> int:
        return self.names.index(name)


def read_header(table: TableFile) -> Header:
    """The header of a table that has the columns it is asked for.

    Raises:
        DataError: it is no such file, or has no such columns, or none but the target.
        OSError: it cannot be read.
    """
    header = _of_parquet(table) if table.kind == "parquet" else _of_csv(table)
    _check(table, header.names)
    return header


def open_text(table: TableFile) -> TextIO:
    """A csv file's text with its own line ends, unpacked where it is gzip."""
    with Path(table.path).open("rb") as file:
        packed = file.read(2) == _GZIP
    if packed:
        return gzip.open(table.path, "rt", encoding="utf-8-sig", newline="")
    return Path(table.path).open(encoding="utf-8-sig", newline="")


def records(table: TableFile, text: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The line on which each record begins, and its cells; blank lines are records without cells."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(text, delimiter=table.options.delimiter, strict=True)
    line = 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def _of_csv(table: TableFile) -> Header:
    path = table.path
    with Path(path).open("rb") as file:
        if file.read(4) == _PARQUET:
            raise DataError(f"{path} is a Parquet file", hint="write {parquet: …} instead of {csv: …}")
    try:
        with open_text(table) as text:
            start = text.readline(_LONGEST_LINE)
            if len(start) == _LONGEST_LINE:
                raise DataError(
                    f"{path} is not a CSV file: a line has more than {_LONGEST_LINE:,} characters"
                )
        with open_text(table) as text:
            line, cells = next(((line, cells) for line, cells in records(table, text) if cells), (1, []))
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        from hpexp.config.tables.malformed import malformed

        raise malformed(table, None, str(error)) from error
    if not cells:
        raise DataError(f"{path} has no rows below its header")
    eol = "\r" if start.endswith("\r") else "\n"
    return Header(tuple(cell.strip() for cell in cells), line, eol)


def _of_parquet(table: TableFile) -> Header:
    import polars as pl

    try:
        return Header(tuple(pl.read_parquet_schema(table.path)))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{table.path} is not a readable Parquet file: {_first(error)}") from error


def _check(table: TableFile, names: Sequence[str]) -> None:
    path, target, options = table.path, table.target, table.options
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"{path} has {len(names):,} columns; at most {MAX_COLUMNS:,} can be inputs of a model"
        )
    if target not in names:
        hint = wording.nearest(target, names[:1000]).removeprefix("; ")
        other = next((each for each in ";\t|," if each in names[0]), None) if len(names) == 1 else None
        if other is not None:
            hint = "its columns may be separated otherwise: delimiter: " + (
                "tab" if other == "\t" else f'"{other}"'
            )
        raise DataError(
            f"{path} has no column {wording.show(target)}; it has {_listed(names)}", hint=hint or None
        )
    for key in ("drop", "categorical"):
        for name in getattr(options, key):
            if name not in names:
                hint = wording.nearest(name, names[:1000]).removeprefix("; ")
                raise DataError(
                    f"{path} has no column {wording.show(name)}, which {key} names; it has {_listed(names)}",
                    hint=hint or None,
                )
    if target in options.drop:
        raise DataError(f"{path}: the target {wording.show(target)} cannot be dropped")
    seen = set(options.drop)
    for name in (name for name in names if name not in options.drop):
        if name in seen:
            raise DataError(f"{path} has two columns named {wording.show(name)}")
        seen.add(name)
    if not set(names) - {target, *options.drop}:
        raise DataError(f"{path} has no column besides the target")


def _listed(names: Sequence[str]) -> str:
    return ", ".join([wording.show(name) for name in islice(names, 20)] + (["…"] if len(names) > 20 else []))


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
