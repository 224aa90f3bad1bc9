"""The end of `hpexp run`: what was learned, what went wrong, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from hpexp import text
from hpexp.console import write
from hpexp.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE
from hpexp.model import FAILURES
from hpexp.paths import LogsFolder
from hpexp.results.data import as_dict as data_dict
from hpexp.results.runs import as_dict, json_list
from hpexp.run import Outcome
from hpexp.shell import command
from hpexp.summary.advice import troubles
from hpexp.summary.facts import Facts, load
from hpexp.summary.findings import beats_baseline, findings
from hpexp.summary.lines import Line, print_line, print_text
from hpexp.summary.standings import print_ranking
from hpexp.summary.values import best_dict, point_dict
from hpexp.summary.verdict import as_dict as verdict_dict
from hpexp.summary.verdict import verdict

__all__ = ["exit_code", "print_json", "print_summary"]


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
    write(json_list([_as_dict(facts, logs) for facts in load(outcomes, logs)]))


def print_summary(outcome: Outcome, logs: Path, console: Console, *, smoke: bool) -> None:
    """Print one experiment's end; a single line for a smoke test."""
    (facts,) = load([outcome], logs)
    if smoke:
        print_text(console, _smoke_line(facts))
        return
    console.print()
    print_text(console, _headline(facts))
    if facts.places:
        console.print()
        print_ranking(facts, console)
        console.print()
    for found in findings(facts):
        print_line(found, console)
    for style, line in troubles(facts):
        print_text(console, Text(line, style=style))
    folder = LogsFolder(logs).experiment(facts.name)
    board = command("board", facts.name, logs=logs)
    print_line(Line("logs", f"{folder}/"), console)
    print_line(Line("next", board, "bold"), console)


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


def _as_dict(facts: Facts, logs: Path) -> dict[str, Any]:
    return {
        "experiment": facts.name,
        "counts": {str(status): count for status, count in facts.counts.items()},
        "skipped": facts.outcome.skipped,
        "data": data_dict(facts.data, facts.runs),
        "objective": asdict(facts.objective),
        "best": best_dict(facts),
        "beats_baseline": beats_baseline(facts),
        "chance": verdict_dict(found) if (found := verdict(facts)) else None,
        "points": [point_dict(place, facts) for place in facts.all_places],
        "logs": str(LogsFolder(logs).experiment(facts.name)),
        "runs": [as_dict(run) for run in facts.runs],
    }
