"""Curves in a terminal: two dots by four in a character (braille), labelled where they end.

A curve is known by its label at its right end, so that it can be told from another
where there is no colour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from rich.cells import cell_len
from rich.text import Text

from hpexp.text import number

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille character: left column from the top, right column from the top."""

STYLES = ("cyan", "magenta", "yellow")
HEIGHT = 8
LOGARITHMIC = 50.0
"""From this ratio of largest to smallest, a positive axis is logarithmic."""

Curve = Sequence[float]
"""One number an epoch; NaN and infinity are left out."""


def plot(title: str, curves: Mapping[str, Curve], width: int, height: int = HEIGHT) -> list[Text]:
    """Lines of text, none wider than `width`, that draw `curves` by name over their epochs."""
    finite = [value for curve in curves.values() for value in curve if math.isfinite(value)]
    if not finite:
        return [Text(title, "bold"), Text("no finite value", "dim")]
    scale = _Scale(finite, height)
    marks = (number(scale.high), number(scale.low))
    left = max(map(cell_len, marks))
    ends = _labels(curves, scale, height)
    right = max(cell_len(label) for label, _ in ends.values())
    columns = max(4, width - left - right - 4)
    cells: dict[tuple[int, int], tuple[int, str]] = {}
    epochs = max(map(len, curves.values()))
    for style, curve in zip(STYLES, curves.values(), strict=False):
        for x, y in _trace(curve, epochs, scale, 2 * columns):
            bits, _ = cells.get((y // 4, x // 2), (0, ""))
            cells[y // 4, x // 2] = (bits | _DOTS[x % 2][y % 4], style)
    lines = [Text.assemble((title, "bold"), (" (log)" if scale.logarithmic else "", "dim"))]
    for row in range(height):
        mark = marks[0] if row == 0 else marks[1] if row == height - 1 else ""
        line = Text.assemble((f"{mark:>{left}} {'┤' if mark else '│'}", "dim"))
        drawn = [cells.get((row, column), (0, "")) for column in range(columns)]
        for style, part in groupby(drawn, key=itemgetter(1)):
            line.append("".join(chr(0x2800 + bits) if bits else " " for bits, _ in part), style)
        label, style = ends.get(row, ("", ""))
        lines.append(line.append(f" {label}", style))
    lines.append(_axis(left, columns, epochs))
    return lines


def _axis(left: int, columns: int, epochs: int) -> Text:
    """Epochs count from 0, as TensorBoard's steps do."""
    last = str(epochs - 1) if epochs > 1 else ""
    return Text(f"{'':{left}} └0{last:>{columns - 1}} epoch", "dim")


class _Scale:
    """Values -> dots from the top."""

    def __init__(self, values: Sequence[float], height: int) -> None:
        self.low, self.high = min(values), max(values)
        self.logarithmic = self.low > 0 and self.high / self.low > LOGARITHMIC
        self._dots = 4 * height - 1

    def dot(self, value: float) -> int:
        low, high, here = map(self._place, (self.low, self.high, value))
        # Halved: the difference of two large numbers may be infinite.
        share = 0.5 if high == low else (here / 2 - low / 2) / (high / 2 - low / 2)
        return round((1 - share) * self._dots)

    def _place(self, value: float) -> float:
        return math.log(value) if self.logarithmic else value


def _trace(curve: Curve, epochs: int, scale: _Scale, width: int) -> list[tuple[int, int]]:
    """Every dot of a curve: its epochs, joined by straight lines."""
    steps = max(1, epochs - 1)
    points = [
        (round(epoch * (width - 1) / steps), scale.dot(value))
        for epoch, value in enumerate(curve)
        if math.isfinite(value)
    ]
    dots = list(points)
    for (x0, y0), (x1, y1) in pairwise(points):
        long = max(abs(x1 - x0), abs(y1 - y0))
        dots += [(x0 + round((x1 - x0) * i / long), y0 + round((y1 - y0) * i / long)) for i in range(1, long)]
    return dots


def _labels(curves: Mapping[str, Curve], scale: _Scale, height: int) -> dict[int, tuple[str, str]]:
    """Row -> label and style: each curve's name and last value, at the height where it ends."""
    wanted = []
    for style, (name, curve) in zip(STYLES, curves.items(), strict=False):
        last = next((value for value in reversed(curve) if math.isfinite(value)), None)
        if last is not None:
            wanted.append((scale.dot(last) // 4, f"{name} {number(curve[-1])}", style))
    wanted.sort()
    rows = [row for row, _, _ in wanted]
    for place in range(1, len(rows)):
        rows[place] = max(rows[place], rows[place - 1] + 1)
    for place in reversed(range(len(rows))):
        rows[place] = min(rows[place], height - len(rows) + place)
    return {row: (label, style) for row, (_, label, style) in zip(rows, wanted, strict=True)}
