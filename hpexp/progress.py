"""What a person sees while runs train: a live table on a terminal, plain lines elsewhere.

A view is told what happens and draws it; it decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hpexp.dataloss import ranked_by
from hpexp.messages import EpochEnd
from hpexp.model import FAILURES, Objective, Result, Run, Status
from hpexp.space import is_full
from hpexp.standing import Standing, epochs_of, label, short_label
from hpexp.text import brief, clock, counted, printable, short

SHOWN_RUNS = 6
GAP = 2
"""Spaces between the columns of a table."""
COLOURS = {
    Status.FAILED: "red",
    Status.TIMEOUT: "red",
    Status.DIVERGED: "yellow",
    Status.INTERRUPTED: "yellow",
}


class View(Protocol):
    """Shows the progress of one experiment; every method is called by the driver's one thread."""

    def open(self, experiment: str, runs: Sequence[Run], objective: Objective, skipped: int) -> None: ...
    def started(self, run: Run) -> None: ...
    def epoch(self, run: Run, row: EpochEnd) -> None: ...
    def finished(self, run: Run, result: Result) -> None: ...
    def note(self, text: str) -> None: ...
    def close(self) -> None: ...


class QuietView:
    """Says nothing but failures."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def open(self, experiment: str, runs: Sequence[Run], objective: Objective, skipped: int) -> None:
        self.standing = Standing(experiment, len(runs), objective, sum(map(epochs_of, runs)))

    def started(self, run: Run) -> None:
        self.standing.start(run)

    def epoch(self, run: Run, row: EpochEnd) -> None:
        self.standing.advance(run, row)

    def finished(self, run: Run, result: Result) -> None:
        self.standing.finish(run, result)
        if result.status in FAILURES:
            self.note(failure_line(run, result))

    def note(self, text: str) -> None:
        self._print(text, "red")

    def _print(self, text: str, style: str = "") -> None:
        try:
            self.console.print(Text(text, style), soft_wrap=True)
        except OSError as error:
            # Messages that go to a file on the full disk end no run.
            if not is_full(error):
                raise

    def close(self) -> None:
        pass


class PlainView(QuietView):
    """A line when a run ends; for pipes and logs. Many runs a second share a line."""

    interval = 1.0

    def open(self, experiment: str, runs: Sequence[Run], objective: Objective, skipped: int) -> None:
        super().open(experiment, runs, objective, skipped)
        self._last = 0.0
        skip = f", {skipped} done before" if skipped else ""
        self._print(f"{experiment}: {counted(len(runs), 'run')} to train{skip}")

    def finished(self, run: Run, result: Result) -> None:
        super().finished(run, result)
        now = self.standing.now()
        if now - self._last >= self.interval or self.standing.done == self.standing.total:
            self._last = now
            self._print(self._line(run, result))

    def _line(self, run: Run, result: Result) -> str:
        standing = self.standing
        metric = ranked_by(standing.objective.metric, result.metrics)
        value = result.metrics.get(metric)
        parts = [f"[{standing.done}/{standing.total}]", label(run), str(result.status)]
        if value is not None:
            parts.append(f"{metric} {brief(value)}")
        if standing.best:
            parts.append(f"(best {brief(standing.best[0])})")
        if standing.done < standing.total:
            parts.append(f"{clock(standing.seconds_left())} left")
        return " ".join(parts)


class LiveView(QuietView):
    """A table that redraws itself on a terminal."""

    def open(self, experiment: str, runs: Sequence[Run], objective: Objective, skipped: int) -> None:
        super().open(experiment, runs, objective, skipped)
        self._skipped = skipped
        self._opened = time.monotonic()
        self._live = Live(self, console=self.console, refresh_per_second=8, transient=True)
        self._live.start()

    def close(self) -> None:
        self._live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        standing = self.standing
        yield self._bar(options.max_width)
        if standing.best:
            value, run = standing.best
            best = f"best {standing.objective.metric} {brief(value)}  "
            fits = len(best) + len(label(run)) <= options.max_width
            yield _cut(best + (label(run) if fits else short_label(run)), "green")
        troubles = [
            Text(f"{count} {status}", style=COLOURS[status])
            for status, count in standing.counts.items()
            if status in COLOURS
        ]
        if troubles:
            yield Text("  ").join(troubles)
        if not standing.running and standing.first_start is None:
            yield _cut(f"starting TensorFlow … {time.monotonic() - self._opened:.0f} s", "dim")
        # The redrawing thread reads what the driver's thread changes: take a copy.
        running = list(standing.running.values())
        if running:
            yield self._table(running, options.max_width)

    def _bar(self, width: int) -> Table:
        standing = self.standing
        share = standing.epochs_done / standing.epochs_total if standing.epochs_total else 1.0
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(no_wrap=True)
        row.add_column(ratio=1)
        row.add_column(no_wrap=True, justify="right")
        left = clock(standing.seconds_left())
        row.add_row(
            Text(standing.experiment, style="bold"),
            ProgressBar(total=1.0, completed=share, width=None),
            f"{standing.done}/{standing.total} runs  {left} left",
        )
        return row

    def _table(self, running: Sequence[tuple[Run, EpochEnd | None]], width: int) -> Table:
        shown = running[:SHOWN_RUNS]
        told = dict.fromkeys(name for _, row in shown if row for name in row.logs)
        metric = ranked_by(self.standing.objective.metric, told)
        axes = list(dict.fromkeys(name for run, _ in shown for name in run.axes))
        rows = [
            [*(short(run.axes[name]) if name in run.axes else "–" for name in axes), *self._numbers(run, row)]
            for run, row in shown
        ]
        longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
        headers = fitted([*axes, "seed", "epoch", "loss", metric], longest, width)
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
        for header in headers:
            table.add_column(header, no_wrap=True, justify="right")
        for cells in rows:
            table.add_row(*cells)
        if len(running) > SHOWN_RUNS:
            table.caption = f"and {len(running) - SHOWN_RUNS} more"
            table.caption_justify = "left"
        return table

    def _numbers(self, run: Run, row: EpochEnd | None) -> list[str]:
        logs: Mapping[str, float] = row.logs if row else {}
        metric = ranked_by(self.standing.objective.metric, logs)
        metrics = [brief(logs[name]) if name in logs else "" for name in ("loss", metric)]
        return [str(run.seed), f"{row.epoch + 1 if row else 0}/{epochs_of(run)}", *metrics]


def fitted(headers: Sequence[str], longest: Sequence[int], width: int) -> list[str]:
    """Headers cut, the longest first, until the table fits; a column's `longest` value always does."""
    sizes = [max(len(header), least) for header, least in zip(headers, longest, strict=True)]
    while sum(sizes) + GAP * len(sizes) > width:
        spare = [size - least for size, least in zip(sizes, longest, strict=True)]
        if max(spare) <= 0:
            break
        widest = max((index for index in range(len(sizes)) if spare[index] > 0), key=sizes.__getitem__)
        sizes[widest] -= 1
    return [
        header if len(header) <= size else f"{header[: max(0, size - 1)]}…"
        for header, size in zip(headers, sizes, strict=True)
    ]


def failure_line(run: Run, result: Result) -> str:
    """What is said at once when a run fails."""
    return f"{result.status}: {label(run)}: {printable(result.error or 'no message')}"


def _cut(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def view_for(console: Console, *, quiet: bool) -> View:
    """The view that fits where the messages go."""
    if quiet:
        return QuietView(console)
    return LiveView(console) if console.is_terminal else PlainView(console)
