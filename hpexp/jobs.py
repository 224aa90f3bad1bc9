"""From a plan and what is already done to the jobs that workers get (pure)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from hpexp.messages import Job
from hpexp.model import Group, Plan, Run, Verdict
from hpexp.paths import LogsFolder

MIN_LANES = 128
"""A group is not split into parts smaller than this: every part is compiled anew."""
MAX_WORKERS = 8
"""Workers started unasked: each takes some 800 MB."""


def make_jobs(
    plan: Plan,
    todo: Collection[str],
    workers: int,
    logs: LogsFolder,
    verdicts: Mapping[str, Verdict] = MappingProxyType({}),
) -> list[Job]:
    """One job per group, without the runs that are done; the costliest first.

    `verdicts` are what is known of own models.

    Compiled groups are split while there are fewer of them than workers and their parts
    are large enough to repay compiling again.
    """
    groups = [_only(group, todo) for group in plan.groups]
    groups = [group for group in groups if group.runs]
    fit = [group for group in groups if group.engine == "fit"]
    compiled = _split([group for group in groups if group.engine == "compiled"], workers)
    compiled.sort(key=_cost, reverse=True)
    for part in (compiled, fit):
        # A worker keeps the data of one drawing of the split.
        part.sort(key=lambda group: group.runs[0].repeat)
    graph_for = _graph_for(plan, todo)
    return [
        replace(
            job_of(plan, group),
            graph_for=graph_for,
            checkpoints=str(logs.checkpoints("")) if plan.experiment.training.checkpoint_every else "",
            models=_models(plan, group, logs),
            verdicts={run.proof: verdicts[run.proof] for run in group.runs if run.proof in verdicts},
        )
        for group in [*compiled, *fit]
    ]


def job_of(plan: Plan, group: Group) -> Job:
    """What a job needs of its plan, for some of its runs."""
    return Job(plan.experiment, group, code=plan.code, content=plan.facts.content)


def look_at(plan: Plan) -> Job:
    """A job that loads the data and trains nothing."""
    return job_of(plan, Group(0, "fit", ()))


def worker_count(asked: int | None, plans: Collection[Plan]) -> int:
    """Workers to start: what was asked for, else a core each while there is work and memory.

    On a machine with a GPU one worker, because each would claim the whole device.
    """
    if asked:
        return asked
    if os.path.exists("/dev/nvidia0"):  # noqa: PTH110
        return 1
    return max(1, min(os.cpu_count() or 1, side_by_side(plans), MAX_WORKERS))


def side_by_side(plans: Collection[Plan]) -> int:
    """How many workers have something to do, of any one plan."""
    groups = max((len(plan.groups) for plan in plans), default=1)
    lanes = max((len(plan.runs) for plan in plans), default=1)
    return max(groups, lanes // MIN_LANES)


def _only(group: Group, todo: Collection[str]) -> Group:
    return replace(group, runs=tuple(run for run in group.runs if run.id in todo))


def _split(groups: list[Group], workers: int) -> list[Group]:
    groups = list(groups)
    while groups and len(groups) < workers:
        largest = max(range(len(groups)), key=lambda index: len(groups[index].runs))
        group = groups[largest]
        half = len(group.runs) // 2
        if half < MIN_LANES:
            break
        parts = (group.runs[:half], group.runs[half:])
        groups[largest : largest + 1] = [replace(group, runs=part) for part in parts]
    return groups


def _cost(group: Group) -> float:
    """Weight updates of all lanes, for ordering only."""
    return float(sum(_updates(run) for run in group.runs))


def _updates(run: Run) -> int:
    epochs = run.params["epochs"]
    assert isinstance(epochs, int)
    return epochs * (run.updates_per_epoch or 1)


def _graph_for(plan: Plan, todo: Collection[str]) -> frozenset[str]:
    graph = plan.experiment.tensorboard.graph
    if graph == "none" or not plan.runs:
        return frozenset()
    if graph == "all":
        return frozenset(todo)
    return frozenset({plan.runs[0].id}) & frozenset(todo)


def _models(plan: Plan, group: Group, logs: LogsFolder) -> Mapping[str, str] | None:
    if not plan.experiment.training.save_model:
        return None
    name = plan.experiment.name
    return {run.id: str(logs.run(name, run.name).model.absolute()) for run in group.runs}
