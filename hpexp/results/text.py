"""Numbers and parameters as a person reads them."""

from __future__ import annotations

import math

from hpexp.model import Value

NOTHING = "–"


def number(value: float | None) -> str:
    """A metric: four decimals, or three significant digits where those say nothing."""
    if value is None:
        return NOTHING
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    return f"{value:.4f}" if 0.001 <= abs(value) < 10000 else f"{value:.2e}"


def spread(mean: float | None, std: float | None) -> str:
    """`0.9123 ± 0.0045`; the mean alone where there is one value."""
    if std is None:
        return number(mean)
    return f"{number(mean)} ± {number(std) if std else '0.0000'}"


def seconds(value: float) -> str:
    """Three significant digits or whole seconds."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def param(value: Value) -> str:
    """A parameter as an experiment file would have it, shorter: `64x32` for a list of widths."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return "x".join(map(str, value)) or "[]"
    return str(value)


def counted(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
