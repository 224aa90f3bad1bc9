"""The rows of a CSV file one by one, in a memory that does not grow with the file."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from hpexp.errors import DataError

_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 26
"""Characters; the header of the widest table that can be an input is far shorter."""


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> None: ...


def read_rows(path: Path, digest: Digest | None = None) -> Iterator[list[str]]:
    """The rows that are not blank, the header first; `digest` sees every byte of the file.

    Raises:
        DataError: it is not UTF-8 text, or no CSV file.
        OSError: it cannot be read.
    """
    try:
        yield from filter(None, csv.reader(_lines(path, digest)))
    except csv.Error as error:
        raise DataError(f"{path} is not a CSV file: {error}") from error


def _lines(path: Path, digest: Digest | None) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, ended = "", 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            if digest is not None:
                digest.update(block)
            try:
                text = rest + decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line = ended + error.object.count(b"\n", 0, error.start) + 1
                raise DataError(
                    f"{path}: line {line} is not UTF-8 text", hint="save the file as UTF-8"
                ) from error
            if not block:
                yield from text.splitlines()
                return
            ended += block.count(b"\n")
            # A carriage return at the end may have its line feed in the next block.
            cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            rest = text[cut:]
            if len(rest) > _LONGEST_LINE:
                raise DataError(
                    f"{path} is not a CSV file: a line has more than {_LONGEST_LINE:,} characters"
                )
            yield from text[:cut].splitlines()
