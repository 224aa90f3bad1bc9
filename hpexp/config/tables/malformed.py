"""Why polars could not read a csv file: the line, found by a second reading with Python's csv module."""

from __future__ import annotations

import csv
import gzip

from hpexp.config.tables.header import open_text, records
from hpexp.config.tables.source import TableFile
from hpexp.errors import DataError


def malformed(table: TableFile, width: int | None, reason: str) -> DataError:
    """The error for a file whose records should have `width` cells; `reason` where no line is to blame."""
    return find_malformed(table, width) or DataError(f"{table.path} is not a CSV file: {reason}")


def find_malformed(table: TableFile, width: int | None) -> DataError | None:
    """The first line that is no UTF-8 text, no CSV, or has not `width` cells."""
    path, line = table.path, 1
    try:
        with open_text(table) as text:
            for line, cells in records(table, text):
                if width is not None and cells and len(cells) != width:
                    return DataError(f"{path}: line {line} has {len(cells)} cells, the header {width}")
    except UnicodeDecodeError:
        return DataError(
            f"{path}: line {_undecodable(table)} is not UTF-8 text", hint="save the file as UTF-8"
        )
    except (gzip.BadGzipFile, EOFError) as error:
        return DataError(f"{path} cannot be unpacked: {error}")
    except csv.Error as error:
        hint = 'cells with quotes are written "…", a quote inside them twice: "a ""b"" c"'
        return DataError(f"{path} is not a CSV file: after line {line}: {error}", hint=hint)
    return None


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
