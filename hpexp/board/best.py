"""Which runs `hpexp board --top N` shows."""

from __future__ import annotations

from pathlib import Path

from hpexp.board.view import make_view
from hpexp.errors import UsageError
from hpexp.paths import LogsFolder


def best_runs(logs: LogsFolder, experiment: str | None, top: int) -> Path:
    """A view of the `top` best runs of each experiment, or of this one.

    Raises:
        UsageError: there is no such experiment, or no run has a rank yet.
        StoreError: the store cannot be read.
    """
    from hpexp.results import known_experiment
    from hpexp.results.ranking import by_rank, score
    from hpexp.store import Store

    store = Store.read(logs)
    if store is None:
        raise UsageError(f"there are no runs in {logs.root} to rank", hint="hpexp run CONFIG makes some")
    with store:
        experiments = store.experiments()
        runs = store.runs(experiment)
    if experiment is not None:
        experiments = [known_experiment(experiment, experiments, logs.root)]
    best = []
    for each in experiments:
        mine = [
            run
            for run in runs
            if run.experiment == each.name and score(run, each.objective.metric) is not None
        ]
        best += by_rank(mine, each.objective)[:top]
    if not best:
        raise UsageError(
            f"no run in {logs.root} has a rank yet", hint="without --top, the board shows every run"
        )
    return make_view(logs, experiment, [logs.run(run.experiment, run.name).folder for run in best])
