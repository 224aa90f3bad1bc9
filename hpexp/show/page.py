"""One run on a page, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from hpexp import text
from hpexp.messages import EpochEnd
from hpexp.results.data import Data, baseline, described
from hpexp.results.data import as_dict as data_dict
from hpexp.results.runs import STYLES, finite, in_order
from hpexp.results.runs import as_dict as run_dict
from hpexp.show.plot import plot
from hpexp.store import Invocation, StoredRun

LOG_LINES = 20
LONGEST_LINE = 1000
SIDE_BY_SIDE = 110
"""From this width two plots stand beside each other."""
MAX_PLOT = 100
LABEL = 13


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with what the page needs beside its row. `log` is the end of its log file."""

    run: StoredRun
    epochs: Sequence[EpochEnd]
    folder: Path
    log: Sequence[str]
    data: Data = field(default_factory=dict)
    """Of the drawing of the split that it was trained on."""
    drawings: int = 1
    """How many drawings of the split the experiment has."""


def print_page(shown: Shown, console: Console) -> None:
    """Print the page for a person."""
    for line in _page(shown, console.width):
        console.print(line, soft_wrap=True)


def as_dict(shown: Shown) -> dict[str, Any]:
    """The page as JSON values: the row of `hpexp results`, and more."""
    run, made = shown.run, shown.run.made
    return {
        **run_dict(run),
        "axes": finite(run.axes),
        "traceback": run.traceback,
        "divergence": _divergence(run),
        "devices": run.devices,
        "engine_reason": run.engine_reason,
        "started": run.started,
        "finished": run.finished,
        "planned": run.planned,
        "data": data_dict(shown.data, (run,)),
        "folder": str(shown.folder),
        "made_by": _made_dict(made) if made else None,
        "curve": [{"epoch": row.epoch, "time": row.time, **finite(row.logs)} for row in shown.epochs],
        "log": list(shown.log[-LOG_LINES:]),
    }


def _page(shown: Shown, width: int) -> Iterator[Text]:
    run = shown.run
    yield Text(f"{run.experiment}/{run.name}", "bold")
    yield from _outcome(run)
    yield from _baselines(shown)
    yield Text()
    yield from _params(shown, width)
    yield from _curves(shown.epochs, width)
    if run.made:
        yield Text()
        yield from _environment(run.made, width)
    yield Text()
    yield _fact("folder", str(shown.folder))
    yield from _log(shown)


def _outcome(run: StoredRun) -> Iterator[Text]:
    status = Text(str(run.status), STYLES[run.status])
    if run.finished is not None:
        status.append(
            f", {text.counted(run.epochs, 'epoch')} in {text.seconds(run.seconds)} s", "not bold default"
        )
        asked = ", asked for" if run.made and run.made.facts.get("engine") == run.engine else ""
        status.append(f", {run.engine} engine{asked}{' on ' + run.devices if run.devices else ''}", "default")
    yield _fact("id", run.id)
    yield _fact("status", status)
    if run.engine_reason:
        yield _fact("", text.printable(run.engine_reason))
    if not run.planned:
        yield _fact("", "the last hpexp run of the experiment did not ask for this run")
    if run.started is not None:
        yield _fact("started", datetime.fromtimestamp(run.started).strftime("%Y-%m-%d %H:%M:%S"))
    if run.error:
        yield _fact("error", Text(text.printable(run.error), "red" if not run.status.finished else "yellow"))
    if run.metrics:
        names = in_order(list(run.metrics), None)
        numbers = "  ".join(f"{name} {text.number(run.metrics[name])}" for name in names)
        yield _fact("at epoch", f"{_epoch(run)}  {numbers}")


def _epoch(run: StoredRun) -> str:
    return text.NOTHING if run.best_epoch is None else str(run.best_epoch)


def _baselines(shown: Shown) -> Iterator[Text]:
    """What constant predictions score by the metrics above, and what the data are."""
    run = shown.run
    constants = {name: baseline(shown.data, name, (run,)) for name in in_order(list(run.metrics), None)}
    told = "  ".join(f"{name} {text.number(one.value)}" for name, one in constants.items() if one)
    if told:
        yield _fact("baseline", f"{' ' * len(_epoch(run))}  {told}")
    if words := described(shown.data):
        yield _fact("data", words)


def _params(shown: Shown, width: int) -> Iterator[Text]:
    """What the experiment varies first; the rest, defaults included, dim."""
    run = shown.run
    for name, value in run.axes.items():
        yield _fact(name, Text(text.param(value), "bold"))
    yield _fact("seed", Text(str(run.seed), "bold"))
    if shown.drawings > 1:
        yield _fact("repeat", Text(f"{run.repeat}", "bold").append(" of the split", "not bold dim"))
    rest = [f"{name} {text.param(value)}" for name, value in run.params.items() if name not in run.axes]
    yield from _folded("fixed", rest, width, "dim")


def _curves(epochs: Sequence[EpochEnd], width: int) -> Iterator[Text]:
    names = dict.fromkeys(name for row in epochs for name in row.logs)
    plots = []
    two = width >= SIDE_BY_SIDE
    each = min(MAX_PLOT, (width - 3) // 2 if two else width)
    for name in names:
        if f"val_{name}" in names:
            curves = {"train": _curve(epochs, name), "validation": _curve(epochs, f"val_{name}")}
            plots.append(plot(name, curves, each))
    for group in (plots[i : i + 2] for i in range(0, len(plots), 2)) if two else ([one] for one in plots):
        yield Text()
        yield from _beside(group, each)


def _curve(epochs: Sequence[EpochEnd], name: str) -> list[float]:
    return [row.logs.get(name, float("nan")) for row in epochs]


def _beside(plots: Sequence[Sequence[Text]], width: int) -> Iterator[Text]:
    for lines in zip_longest(*plots, fillvalue=Text()):
        joined = Text()
        for line in lines[:-1]:
            padded = line.copy()
            padded.pad_right(max(0, width + 3 - line.cell_len))
            joined.append_text(padded)
        yield joined.append_text(lines[-1])


def _environment(made: Invocation, width: int) -> Iterator[Text]:
    facts = made.facts
    yield _fact("command", made.command)
    yield _fact("file", made.path)
    versions: Mapping[str, Any] = facts.get("packages") or {}
    told = [f"hpexp {facts['hpexp']}"] if facts.get("hpexp") else []
    told += [f"Python {facts['python']}"] if facts.get("python") else []
    told += [f"{name} {version}" for name, version in versions.items() if version]
    yield from _folded("versions", told, width)
    git = facts.get("git")
    if git:
        dirty = " with changes that are not committed" if git.get("dirty") else ""
        yield _fact("commit", f"{git.get('commit')}{dirty}")
    if facts.get("platform"):
        cpus = f", {text.counted(facts['cpus'], 'core')}" if facts.get("cpus") else ""
        yield _fact("machine", f"{facts['platform']}{cpus}")


def _log(shown: Shown) -> Iterator[Text]:
    """The log's end, which holds a traceback; the stored one where the log is gone."""
    lines = shown.log or lines_of(shown.run.traceback or "")
    if not lines:
        return
    more = f", its last {LOG_LINES} lines" if len(lines) > LOG_LINES else ""
    yield _fact("log.txt" + more, "")
    for line in lines[-LOG_LINES:]:
        yield Text(f"  {_cut(line)}", "dim")


def lines_of(written: str) -> list[str]:
    """Its lines; only a line feed ends one, unlike `str.splitlines`."""
    return written.removesuffix("\n").split("\n") if written else []


def _cut(line: str) -> str:
    """A line of a log in one line of sensible length: it may hold megabytes."""
    return text.printable(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …")


def _fact(label: str, value: str | Text) -> Text:
    label = text.printable(label)
    if isinstance(value, str):
        value = text.printable(value)
    return Text.assemble((f"{label:<{LABEL}} ", "dim"), value)


def _folded(label: str, parts: Sequence[str], width: int, style: str = "") -> Iterator[Text]:
    """Parts with commas between them, on as many lines as they need."""
    for line in textwrap.wrap(
        text.printable(", ".join(parts)), max(20, width - LABEL - 1), break_on_hyphens=False
    ):
        yield _fact(label, Text(line, style))
        label = ""


def _divergence(run: StoredRun) -> dict[str, Any] | None:
    found = run.divergence
    return {"epoch": found.epoch, "step": found.step, "what": found.what} if found else None


def _made_dict(made: Invocation) -> dict[str, Any]:
    return {
        "time": made.time,
        "command": made.command,
        "path": made.path,
        "overrides": list(made.overrides),
        "config": made.config,
        "environment": dict(made.facts),
    }
