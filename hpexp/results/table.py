"""Tables of thousands of rows: text that fits a width by leaving columns out, Markdown, CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from rich.cells import cell_len
from rich.console import Console
from rich.text import Span, Text

from hpexp.console import write_lines
from hpexp.text import printable

GAP = "  "
_NUMBER = re.compile(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@")
"""What makes a spreadsheet read a cell as a formula, where it is text and no number."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Of columns that do not fit, those of the highest `weight` go first."""

    title: str
    cells: Sequence[str]
    weight: int = 0
    right: bool = True
    styles: Sequence[str] = field(default_factory=tuple)
    """One rich style a cell, or none at all."""

    @property
    def texts(self) -> list[str]:
        """The title and the cells, each a line: what people wrote moves no row."""
        return list(map(printable, (self.title, *self.cells)))

    @property
    def width(self) -> int:
        return _widest(self.texts)


def fitting(columns: Sequence[Column], width: int) -> tuple[list[Column], list[Column]]:
    """Those that fit `width` cells side by side, and those left out; the weight 0 always stays."""
    kept = list(columns)
    widths = {id(column): column.width + len(GAP) for column in columns}
    dropped: list[Column] = []
    while sum(widths[id(column)] for column in kept) - len(GAP) > width:
        # The rightmost of the least important: left columns say what the row is.
        heaviest = max(reversed(kept), key=lambda column: column.weight)
        if not heaviest.weight:
            break
        kept.remove(heaviest)
        dropped.append(heaviest)
    return kept, [column for column in columns if column in dropped]


def print_table(columns: Sequence[Column], console: Console) -> None:
    """Print the columns side by side, every row on one line, however long."""
    lines = [GAP.join(cells).rstrip() for cells in zip(*map(_padded, columns), strict=True)]
    if console.color_system is None:
        # rich would take each of thousands of lines apart.
        write_lines(lines, console)
        return
    text = Text("\n".join(lines), no_wrap=True)
    text.spans = [Span(0, len(lines[0]), "bold"), *_spans(columns, lines)]
    console.print(text, soft_wrap=True)


def _spans(columns: Sequence[Column], lines: Sequence[str]) -> Iterator[Span]:
    """Where in the joined lines the styled cells lie."""
    ends = list(accumulate(len(line) + 1 for line in lines))
    for place, column in enumerate(columns):
        if column.styles:
            left = [_padded(each) for each in columns[:place]]
            cells = _padded(column)
            for row, style in enumerate(column.styles, 1):
                if style:
                    start = ends[row - 1] + sum(len(each[row]) + len(GAP) for each in left)
                    yield Span(start, min(start + len(cells[row]), ends[row] - 1), style)


def as_markdown(columns: Sequence[Column]) -> str:
    """A table of GitHub's Markdown."""
    lines = list(map(_markdown_line, zip(*(column.texts for column in columns), strict=True)))
    lines.insert(1, "|" + "|".join("---:" if column.right else "---" for column in columns) + "|")
    return "\n".join(lines) + "\n"


def as_csv(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Comma-separated values as RFC 4180 has them, with line feeds; a row is a line.

    Text that a spreadsheet would run as a formula has an apostrophe before it, as OWASP advises
    ("CSV Injection"); control characters are escaped.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(_csv_cell, titles))
    writer.writerows(map(_csv_cell, row) for row in rows)
    return file.getvalue()


def _csv_cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _padded(column: Column) -> list[str]:
    """The title and the cells, all of the column's width."""
    cells = column.texts
    width = _widest(cells)
    if all(map(str.isascii, cells)):
        pad = str.rjust if column.right else str.ljust
        return [pad(cell, width) for cell in cells]
    blanks = [" " * (width - cell_len(cell)) for cell in cells]
    if column.right:
        return [blank + cell for blank, cell in zip(blanks, cells, strict=True)]
    return [cell + blank for blank, cell in zip(blanks, cells, strict=True)]


def _widest(cells: Sequence[str]) -> int:
    """Cells of the terminal that the widest text takes."""
    return max(map(len if all(map(str.isascii, cells)) else cell_len, cells))


def _markdown_line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(escaped) + " |"
