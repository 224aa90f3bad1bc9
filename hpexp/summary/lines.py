"""A label and what is said under it, in lines that fit the terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

LABEL = 8
_SPACES = re.compile(r" (?!%)")
"""Where a line may break: not between a number and its percent sign."""


@dataclass(frozen=True, slots=True)
class Line:
    """`value` stays on one line, so that it can be pasted; `prose` after it is wrapped."""

    label: str
    value: str = ""
    style: str = ""
    prose: str = ""
    prose_style: str = ""


def print_line(line: Line, console: Console) -> None:
    """Print it; further lines of prose are indented under the first."""
    row = Text.assemble((f"{line.label:<{LABEL}}", "dim"), (line.value, line.style))
    gap = "  " if line.value else ""
    for word in _SPACES.split(line.prose) if line.prose else ():
        if gap and row.cell_len + len(gap) + cell_len(word) > console.width:
            row.rstrip()
            print_text(console, row)
            row, gap = Text(" " * LABEL), ""
        row.append(gap + word, line.prose_style)
        gap = " "
    print_text(console, row)


def print_text(console: Console, text: Text) -> None:
    """Print a line as it is, however long."""
    console.print(text, soft_wrap=True)
