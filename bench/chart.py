"""The comparison as an SVG: one panel of bars a workload, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from bench.summary import Row, rows
from bench.workloads import WORKLOADS

WIDTH = 860
LABELS, VALUES = 230, 150
"""Room left of the bars for names, right of them for numbers."""
BAR, GAP, HEADING, MARGIN = 16, 6, 34, 16

_SHORT = {
    "keras": "plain Keras loop",
    "keras_steps": "plain Keras, one call an epoch",
    "keras_tuner": "KerasTuner GridSearch",
    "optuna": "Optuna GridSampler",
    "ray": "Ray Tune, 2 workers",
    "process_per_run": "one process per run",
    "hpexp_fit": "hpexp --engine fit",
    "hpexp": "hpexp",
}
_STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; } .note { fill: #656d76; font-size: 12px; }
    .peer { fill: #9aa5b1; } .own { fill: #d9730d; } .part { fill-opacity: 0.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; } .note { fill: #9198a1; } .peer { fill: #6e7681; }
    }
"""


def svg(parts: Mapping[str, Any]) -> str:
    """Bars as long as the whole grid's time; pale ones are extrapolated."""
    body: list[str] = []
    y = MARGIN
    for key in WORKLOADS:
        if key in parts:
            y = _panel(body, y, parts[key])
    note = "Time for the whole grid, medians (× the time of hpexp). Pale: extrapolated from a part of it."
    body.append(f'<text class="note" x="{MARGIN}" y="{y + 8}">{note}</text>')
    height = y + MARGIN + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img">\n<title>Time for whole grids, hpexp and its peers</title>\n'
        f"<style>{_STYLE}</style>\n" + "\n".join(body) + "\n</svg>\n"
    )


def _panel(body: list[str], y: int, part: Mapping[str, Any]) -> int:
    found = [row for row in rows(part) if row.seconds is not None]
    longest = max((row.seconds or 0.0 for row in found), default=1.0)
    body.append(f'<text class="title" x="{MARGIN}" y="{y + 14}">{escape(part["title"])}</text>')
    y += HEADING - 8
    for row in found:
        _bar(body, y, row, longest)
        y += BAR + GAP
    return y + MARGIN


def _bar(body: list[str], y: int, row: Row, longest: float) -> None:
    seconds = row.seconds or 0.0
    width = max(1.5, (WIDTH - LABELS - VALUES) * seconds / longest)
    kind = "own" if row.key.startswith("hpexp") else "peer"
    kind += " part" if row.extrapolated else ""
    times = f"  ({row.times_hpexp:.1f}×)" if row.times_hpexp and row.key != "hpexp" else ""
    weight = ' class="title"' if row.key == "hpexp" else ""
    name = escape(_SHORT.get(row.key, row.title))
    body.append(
        f'<text{weight} x="{LABELS - 8}" y="{y + 13}" text-anchor="end">{name}</text>'
        f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
        f'<text{weight} x="{LABELS + width + 6:.1f}" y="{y + 13}">{_seconds(seconds)}{times}</text>'
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 100 else f"{seconds:.1f} s"
