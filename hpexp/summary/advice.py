"""What to do next, in plain words: one line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from hpexp.config.spelling import setting
from hpexp.dataloss import canonical
from hpexp.model import Objective, Params, Status
from hpexp.results.runs import SHORT_ID
from hpexp.shell import command
from hpexp.space import FREE_SPACE, tells_of_full
from hpexp.store import StoredRun
from hpexp.summary.facts import Facts

SHOWN_ERRORS = 3


def paste(config: str, overrides: Sequence[str], axes: Params, logs: Path) -> str:
    """The command that trains this point alone, with what else was set on the command line."""
    kept = [each for each in overrides if _parameter(each) not in axes]
    sets = [*kept, *(setting(name, value) for name, value in axes.items())]
    return command("run", config, *(word for each in sets for word in ("--set", each)), logs=logs)


def epoch_setting(objective: Objective, axes: Params) -> tuple[str, ...]:
    """What has to be set beside an axis over epochs that is no axis any more: it decided the epoch."""
    if objective.restores or "epochs" not in axes:
        return ()
    return (f"objective={{metric: {canonical(objective.metric)}, mode: {objective.mode}, epoch: last}}",)


def _parameter(override: str) -> str:
    key = override.partition("=")[0].strip()
    return key.removeprefix("params.").removeprefix("grid.")


def troubles(facts: Facts) -> Iterator[tuple[str, str]]:
    """What went wrong, as a style and a line."""
    diverged = facts.of(Status.DIVERGED)
    if diverged:
        yield "yellow", f"{len(diverged)} diverged (NaN or infinity)"
        yield "yellow", f"  what may help: {', '.join(_against_divergence(diverged))}"
    failed = facts.of(Status.FAILED)
    if failed:
        show = command("show", failed[0].id[:SHORT_ID], logs=facts.logs)
        yield "red", f"{len(failed)} failed; {show} says more"
        errors = Counter(run.error or "no message" for run in failed)
        for error, count in errors.most_common(SHOWN_ERRORS):
            yield "red", f"  {count} × {error}"
        if any(tells_of_full(error) and FREE_SPACE not in error for error in errors):
            yield "red", "no space left on device: free space there and run again"
    timeouts = facts.of(Status.TIMEOUT)
    if timeouts:
        yield "red", f"{len(timeouts)} timed out: --timeout, or limits in the file, give them longer"
    if facts.outcome.gave_up:
        yield "red", "stopped at the failures allowed"
    unfinished = len(facts.of(Status.INTERRUPTED))
    untried = len(facts.of(Status.PENDING, Status.RUNNING))
    if unfinished or untried:
        parts = [f"{unfinished} interrupted"] * bool(unfinished) + [f"{untried} not begun"] * bool(untried)
        yield "yellow", f"{', '.join(parts)}: the same command goes on from here"


def _against_divergence(runs: list[StoredRun]) -> Iterator[str]:
    yield "a lower learning rate"
    if any(run.params.get("normalize") == "none" for run in runs):
        yield "normalize: standard"
    if any(run.params.get("output") == "softmax" for run in runs):
        yield "output: logits"
