"""Which runs `hpexp board --top N` shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpexp.board.view import make_view
from hpexp.errors import UsageError
from hpexp.paths import LogsFolder

if TYPE_CHECKING:
    from hpexp.model import Objective
    from hpexp.store import StoredRun


def best_runs(logs: LogsFolder, experiment: str | None, top: int) -> Path:
    """A view of the `top` best runs of each experiment (or of this one).

    Raises:
        UsageError: no run has a result to rank by.
        StoreError: the store cannot be read.
    """
    from hpexp.store import Store

    store = Store.read(logs)
    if store is None:
        raise UsageError(f"there are no runs in {logs.root} to rank", hint="hpexp run CONFIG makes some")
    with store:
        objectives = {each.name: each.objective for each in store.experiments()}
        runs = store.runs(experiment)
    folders = []
    for name, objective in objectives.items():
        mine = [run for run in runs if run.experiment == name]
        folders += [logs.run(name, run.name).folder for run in ranked(mine, objective)[:top]]
    if not folders:
        whose = f"of {experiment!r} " if experiment else ""
        raise UsageError(f"no run {whose}in {logs.root} has a result to rank by yet")
    return make_view(logs, experiment, folders)


def ranked(runs: list[StoredRun], objective: Objective) -> list[StoredRun]:
    """The runs that may be called the best and have the objective's metric, best first."""
    metric = objective.metric
    fit = [run for run in runs if run.status.ranked and run.metrics.get(metric) == run.metrics.get(metric)]
    known = [run for run in fit if metric in run.metrics]
    return sorted(known, key=lambda run: run.metrics[metric], reverse=objective.mode == "max")
