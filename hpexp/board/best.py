"""Which runs `hpexp board --top N` shows."""

from __future__ import annotations

from pathlib import Path

from hpexp.board.view import make_view
from hpexp.errors import UsageError
from hpexp.paths import LogsFolder
from hpexp.shell import command


def best_runs(logs: LogsFolder, experiment: str | None, top: int) -> Path:
    """A view of the `top` best runs of each experiment, or of this one.

    Raises:
        UsageError: there is no such experiment, or no run has a rank yet.
        StoreError: the store cannot be read.
    """
    from hpexp.results import known_experiment
    from hpexp.results.ranking import as_told, by_rank, score
    from hpexp.store import Store

    store = Store.read(logs)
    if store is None:
        hint = f"{command('run', 'CONFIG', logs=logs.root)} makes some"
        raise UsageError(f"there are no runs in {logs.root} to rank", hint=hint)
    with store:
        experiments = store.experiments()
        runs = store.runs(experiment)
    if experiment is not None:
        experiments = [known_experiment(experiment, experiments, logs.root)]
    best = []
    for each in experiments:
        mine = [run for run in runs if run.experiment == each.name]
        objective = as_told(each.objective, mine)
        ranked = by_rank(mine, objective)
        best += [run for run in ranked if score(run, objective.metric) is not None][:top]
    if not best:
        raise UsageError(
            f"no run in {logs.root} has a rank yet", hint="without --top, the board shows every run"
        )
    return make_view(logs, experiment, [logs.run(run.experiment, run.name).folder for run in best])
