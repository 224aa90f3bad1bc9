"""A comparison on a page, and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hpexp.console import write_json
from hpexp.rerun.compare import SAME, Comparison
from hpexp.results.runs import finite
from hpexp.text import NOTHING

VERDICTS = {
    "identical": ("green", "the same numbers, to the last bit"),
    "same": ("green", f"the same numbers, to {SAME:g} relative"),
    "rounding": ("yellow", "the same training, whose rounding grew"),
    "different": ("bold red", "other numbers than before"),
}


def print_comparison(comparison: Comparison, console: Console, *, as_json: bool) -> None:
    """Print the verdict, each number before and now, and what of the making has changed."""
    if as_json:
        write_json(as_dict(comparison))
        return
    stored, now = comparison.stored, comparison.now
    style, words = VERDICTS[comparison.verdict]
    console.print(Text.assemble((f"{stored.experiment}/{stored.name}", "bold"), "  ", (words, style)))
    console.print()
    console.print(_table(comparison))
    if (stored.status, stored.epochs) != (now.status, now.epochs):
        console.print(
            f"ended {stored.status} after {stored.epochs} epochs, now {now.status} after {now.epochs}"
        )
    if comparison.verdict == "rounding":
        first, last = comparison.course.losses[0], max(comparison.course.losses)
        console.print(f"the losses differ by {first:.0e} in the first epoch, and by up to {last:.0e} later")
    if comparison.program:
        console.print(f"trained  {comparison.program}", markup=False, highlight=False)
    for change in comparison.changes:
        console.print(f"changed  {change}")
    if now.error and now.error != stored.error:
        console.print(now.error, style="red")


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values."""
    stored, now = comparison.stored, comparison.now
    return {
        "id": stored.id,
        "experiment": stored.experiment,
        "name": stored.name,
        "verdict": comparison.verdict,
        "status": {"before": str(stored.status), "now": str(now.status)},
        "epochs": {"before": stored.epochs, "now": now.epochs},
        "numbers": {
            number.name: finite({"before": number.before, "now": number.now, "difference": number.difference})
            for number in comparison.numbers
        },
        "largest_difference_of_an_epoch": finite({"": comparison.curve})[""],
        "difference_of_losses_by_epoch": [finite({"": each})[""] for each in comparison.course.losses],
        "program": comparison.program,
        "changes": list(comparison.changes),
    }


def _table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("")
    for name in ("before", "now", "difference"):
        table.add_column(name, justify="right")
    for number in comparison.numbers:
        table.add_row(
            number.name, _digits(number.before), _digits(number.now), _difference(number.difference)
        )
    table.add_row("every epoch", "", "", _difference(comparison.curve), style="dim")
    return table


def _digits(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.8g}"


def _difference(value: float) -> str:
    return "none" if value == 0 else f"{value:.1e}"
