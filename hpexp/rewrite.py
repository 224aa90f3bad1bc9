"""Event files that are missing or short, written again from the store.

The store has every number of a run that has its answer; a graph and histograms it has not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hpexp.events import RunEvents, short, text_columns
from hpexp.model import Plan, Result
from hpexp.paths import LogsFolder
from hpexp.store import Store, StoredRun
from hpexp.text import counted

SHOWN = 3


def rewrite(store: Store, logs: LogsFolder, plan: Plan, done: Collection[str]) -> str | None:
    """Look at the event files of these runs, write again what is not whole; says of which runs.

    Raises:
        OSError: they could not be written.
    """
    name = plan.experiment.name
    wanted = {
        run_id
        for run_id, (folder, files) in store.files(name).items()
        if run_id in done and short(logs.run(name, folder).folder, files)
    }
    if not wanted:
        return None
    planned = {run.id: run for run in plan.runs}
    text = text_columns(plan.runs)
    stored = [run for run in store.runs(name) if run.id in wanted]
    for run in stored:
        events = RunEvents(logs.run(name, run.name), text)
        events.start(replace(planned[run.id], name=run.name))
        for row in store.epochs(name, run.id):
            events.epoch(row)
        events.finish(_result(run))
        store.rewritten(name, run.id, events.files)
    store.commit()
    named = ", ".join(run.name for run in stored[:SHOWN])
    more = f" and {len(stored) - SHOWN:,} more" if len(stored) > SHOWN else ""
    return (
        f"event files of {counted(len(stored), 'run')} were missing or cut short, and are written again from"
        f" the store, without graphs and histograms: {named}{more}"
    )


def _result(run: StoredRun) -> Result:
    return Result(run.status, run.epochs, run.best_epoch, run.metrics, run.test, run.seconds, run.error)
