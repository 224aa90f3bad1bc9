"""The end of `hpexp run`: what was learned, what went wrong, what to do next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from hpexp import text
from hpexp.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE
from hpexp.model import FAILURES
from hpexp.paths import LogsFolder, logs_words
from hpexp.results.groups import spread_dict
from hpexp.results.ranking import Point
from hpexp.results.runs import as_dict, finite, in_order, json_list, param_column
from hpexp.results.table import Column, fitting, print_table
from hpexp.run import Outcome
from hpexp.summary.advice import paste, troubles, verdict
from hpexp.summary.facts import Facts, load, test_scores

__all__ = ["exit_code", "print_json", "print_summary"]

SHOWN_POINTS = 10


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """130 after a Ctrl-C, 2 where data were wrong, 1 where a run has no answer, else 0.

    A diverged run has its answer.
    """
    if any(outcome.interrupted for outcome in outcomes):
        return EXIT_INTERRUPTED
    if any(outcome.wrong for outcome in outcomes):
        return EXIT_USAGE
    return EXIT_OK if all(map(_complete, outcomes)) else EXIT_FAILED


def _complete(outcome: Outcome) -> bool:
    answered = sum(result.status.finished for result in outcome.results.values())
    return outcome.skipped + answered == len(outcome.plan.runs)


def print_json(outcomes: Sequence[Outcome], logs: Path) -> None:
    """Print a list with one object an experiment."""
    sys.stdout.write(json_list([_as_dict(facts, logs) for facts in load(outcomes, logs)]))


def print_summary(outcome: Outcome, logs: Path, console: Console, *, smoke: bool) -> None:
    """Print one experiment's end; a single line for a smoke test."""
    (facts,) = load([outcome], logs)
    if smoke:
        _line(console, _smoke_line(facts))
        return
    console.print()
    _line(console, _headline(facts))
    if facts.ranked:
        console.print()
        _print_ranking(facts, console)
        console.print()
        _print_best(facts, console)
    for style, line in troubles(facts):
        _line(console, Text(line, style=style))
    folder = LogsFolder(logs).experiment(facts.name)
    _line(console, _labelled("logs", f"{folder}/"))
    _line(console, _labelled("next", shlex.join(["hpexp", "board", facts.name, *logs_words(logs)]), "bold"))


def _headline(facts: Facts) -> Text:
    line = Text(facts.name, style="bold")
    if not facts.outcome.results and facts.outcome.skipped == len(facts.runs):
        return line.append(
            f"  {text.counted(len(facts.runs), 'run')} already done, nothing to train", "not bold"
        )
    counts = ", ".join(f"{count} {status}" for status, count in facts.counts.items())
    before = f", {facts.outcome.skipped} of them before" if facts.outcome.skipped else ""
    return line.append(f"  {text.counted(len(facts.runs), 'run')}: {counts}{before}", "not bold")


def _smoke_line(facts: Facts) -> Text:
    bad = facts.of(*FAILURES)
    good = sum(count for status, count in facts.counts.items() if status.finished)
    rest = len(facts.runs) - good - len(bad)
    parts = [f"{text.counted(good, 'run')} ok"] if good or not bad else []
    parts += [f"{len(bad)} failed"] if bad else []
    parts += [f"{rest} not finished"] if rest else []
    return Text.assemble((f"{facts.name}: ", "bold"), (", ".join(parts), "red" if bad else "green"))


def _print_ranking(facts: Facts, console: Console) -> None:
    shown = facts.ranked[:SHOWN_POINTS]
    metric = facts.objective.metric
    axes = facts.columns.axes
    marks = [_marks(point) for point in shown]
    columns = [
        Column("#", [str(rank) for rank in range(1, len(shown) + 1)]),
        *(param_column(name, name, [point.runs[0] for point in shown]) for name in axes),
        *([Column("n", [str(point.ranked) for point in shown], 2)] if facts.seeds > 1 else []),
        *(
            Column(name, [_spread(point, name) for point in shown], 0 if name == metric else 3)
            for name in in_order(facts.columns.metrics, metric)
            if name == metric or name.startswith("val_")
        ),
        *([Column("", marks, right=False, styles=["yellow"] * len(shown))] if any(marks) else []),
    ]
    print_table(fitting(columns, console.width)[0], console)
    rest = len(facts.ranked) - len(shown)
    if rest:
        _line(
            console, Text(f"and {rest} more: hpexp results {facts.name} --group-by {','.join(axes)}", "dim")
        )


def _print_best(facts: Facts, console: Console) -> None:
    point = facts.ranked[0]
    metric = facts.objective.metric
    first = point.runs[0]
    seeds = f" over {point.ranked} seeds" if point.ranked > 1 else ""
    varied = {name: first.params[name] for name in facts.columns.axes if name in first.params}
    what = " ".join(f"{name}={text.param(value)}" for name, value in varied.items()) or first.name
    _line(
        console, _labelled("best", what, "bold green").append(f"  {metric} {_spread(point, metric)}{seeds}")
    )
    scores = test_scores(point)
    if scores:
        told = ", ".join(
            f"{name} {text.spread(each.mean, each.std)}"
            for name, each in sorted(scores.items(), key=lambda item: item[0] == "loss")
        )
        _line(
            console,
            _labelled("test", told).append("  (the winner's alone; it had no say in the ranking)", "dim"),
        )
    outcome = facts.outcome
    _line(console, _labelled("again", paste(outcome.plan.experiment.path, outcome.overrides, varied)))
    said = verdict(facts)
    if said:
        _line(console, _labelled("chance", said))


def _marks(point: Point) -> str:
    parts = [f"{point.diverged} diverged"] * bool(point.diverged)
    parts += [f"{point.failures} failed"] * bool(point.failures)
    return ", ".join(parts)


def _spread(point: Point, name: str) -> str:
    found = point.metric(name)
    return text.spread(found.mean, found.std) if found else text.NOTHING


def _labelled(label: str, value: str, style: str = "") -> Text:
    return Text.assemble((f"{label:<8}", "dim"), (value, style))


def _line(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)


def _as_dict(facts: Facts, logs: Path) -> dict[str, Any]:
    return {
        "experiment": facts.name,
        "counts": {str(status): count for status, count in facts.counts.items()},
        "skipped": facts.outcome.skipped,
        "best": _best_dict(facts),
        "logs": str(LogsFolder(logs).experiment(facts.name)),
        "runs": [as_dict(run) for run in facts.runs],
    }


def _best_dict(facts: Facts) -> dict[str, Any] | None:
    point = facts.best
    if point is None:
        return None
    return {
        "params": finite(point.runs[0].params),
        "axes": finite(point.runs[0].axes),
        "runs": [run.id for run in point.runs],
        "metrics": {name: spread_dict(point.metric(name)) for name in facts.columns.metrics},
        "test": {name: spread_dict(each) for name, each in test_scores(point).items()},
    }
