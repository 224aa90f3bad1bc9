"""Why polars could not read a csv file: the line, found by a second reading with Python's csv module."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator

from hpexp.config.tables.header import open_text, records
from hpexp.config.tables.source import TableFile
from hpexp.errors import DataError

_QUOTES = 'cells with quotes are written "…", a quote inside them twice: "a ""b"" c"'


def malformed(table: TableFile, width: int | None, reason: str) -> DataError:
    """The error for a file whose records should have `width` cells; `reason` where no line is to blame."""
    return find_malformed(table, width) or DataError(f"{table.path} is not a CSV file: {reason}")


def find_malformed(table: TableFile, width: int | None) -> DataError | None:
    """The first line that is no UTF-8 text, no CSV, or has not `width` cells."""
    path, line = table.path, 1
    try:
        with open_text(table) as text:
            taken = _Counted(text)
            for line, cells in records(table, taken):
                if width is not None and cells and len(cells) != width:
                    return DataError(f"{path}: line {line} has {len(cells)} cells, the header {width}")
                if taken.quotes % 2:
                    return DataError(
                        f"{path}: line {line} has a quote in a cell that is not in quotes itself",
                        hint=_QUOTES,
                    )
    except UnicodeDecodeError:
        return DataError(
            f"{path}: line {_undecodable(table)} is not UTF-8 text", hint="save the file as UTF-8"
        )
    except (gzip.BadGzipFile, EOFError) as error:
        return DataError(f"{path} cannot be unpacked: {error}")
    except csv.Error as error:
        return DataError(f"{path} is not a CSV file: after line {line}: {error}", hint=_QUOTES)
    return None


class _Counted:
    """The lines of a text; `quotes` are those of all lines that were taken so far."""

    def __init__(self, text: Iterable[str]) -> None:
        self._lines = iter(text)
        self.quotes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.quotes += line.count('"')
        return line


def _undecodable(table: TableFile) -> int:
    """The line of the first byte that is no UTF-8 text."""
    with open_text(table) as text:
        binary = text.buffer
        for number, line in enumerate(binary, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return number
