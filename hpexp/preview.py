"""What `hpexp plan` shows: runs, groups, updates per epoch, what collapsed, what is done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hpexp.model import Group, Plan, Run, Status
from hpexp.paths import LogsFolder
from hpexp.store import Store

SHOWN_RUNS = 30


def statuses_of(plan: Plan, logs: Path) -> dict[str, Status]:
    """What the store knows of the plan's runs, by id; empty where there is no store yet."""
    store = Store.read(LogsFolder(logs))
    if store is None:
        return {}
    with store:
        known = store.statuses(plan.experiment.name)
    return {run.id: known[run.id] for run in plan.runs if run.id in known}


def as_dict(plan: Plan, statuses: Mapping[str, Status]) -> dict[str, object]:
    """The plan as JSON values, for `hpexp plan --json`."""
    return {
        "experiment": plan.experiment.name,
        "runs": [
            {
                "id": run.id,
                "name": run.name,
                "params": dict(run.params),
                "seed": run.seed,
                "engine": run.engine,
                "updates_per_epoch": run.updates_per_epoch,
                "status": str(statuses.get(run.id, Status.PENDING)),
            }
            for run in plan.runs
        ],
        "collapsed": [
            {"param": each.param, "reason": each.reason, "points": each.points} for each in plan.collapsed
        ],
        "groups": [
            {
                "id": group.id,
                "engine": group.engine,
                "reason": group.runs[0].engine_reason,
                "runs": [run.id for run in group.runs],
            }
            for group in plan.groups
        ],
    }


def print_plan(plan: Plan, statuses: Mapping[str, Status], console: Console, *, as_json: bool) -> None:
    """Print the plan for a person, or as JSON."""
    if as_json:
        print(json.dumps(as_dict(plan, statuses)))
        return
    console.print(_headline(plan, statuses))
    for each in plan.collapsed:
        text = f"  {each.points} points collapsed: {each.param} has no effect there, {each.reason}"
        console.print(text, style="dim", markup=False, highlight=False)
    console.print()
    console.print(_groups_table(plan))
    console.print()
    console.print(_runs_table(plan, statuses))
    if len(plan.runs) > SHOWN_RUNS:
        console.print(f"… and {len(plan.runs) - SHOWN_RUNS} more (--json lists all)", style="dim")


def _headline(plan: Plan, statuses: Mapping[str, Status]) -> Text:
    experiment = plan.experiment
    points = len({run.point for run in plan.runs})
    seeds = len(experiment.seeds)
    done = sum(status.finished for status in statuses.values())
    text = Text()
    text.append(experiment.name, style="bold")
    text.append(f"  {len(plan.runs)} runs")
    if seeds > 1:
        text.append(f" ({points} points × {seeds} seeds)")
    text.append(f" in {_counted(len(plan.groups), 'group')}, {done} done, {len(plan.runs) - done} to train\n")
    text.append(_data_line(plan), style="dim")
    return text


def _data_line(plan: Plan) -> str:
    facts = plan.facts
    data = plan.experiment.data
    sizes = (
        f"{facts.train} training, {facts.validation} validation and {facts.test} test examples"
        if facts.train is not None
        else "sizes are known once the data is loaded"
    )
    return f"{Path(data.source).name if data.kind in ('csv', 'npz', 'images') else data.source}: {sizes}"


def _groups_table(plan: Plan) -> Table:
    """Groups of equal shape share a row: engine, structure, lanes, updates per epoch."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("engine", no_wrap=True)
    table.add_column("groups", justify="right")
    table.add_column("lanes", justify="right")
    table.add_column("updates/epoch", justify="right")
    table.add_column("what they share", overflow="fold")
    for (engine, lanes, updates, shared), count in _shapes(plan).items():
        table.add_row(engine, str(count), str(lanes), "?" if updates is None else str(updates), shared)
    return table


def _shapes(plan: Plan) -> Counter[tuple[str, int, int | None, str]]:
    structural = _structural_axes(plan)
    return Counter(
        (group.engine, len(group.runs), group.runs[0].updates_per_epoch, _shared(group, structural))
        for group in plan.groups
    )


def _structural_axes(plan: Plan) -> list[str]:
    from hpexp.vocabulary import PARAMETERS

    names = dict.fromkeys(name for run in plan.runs for name in run.axes)
    return [name for name in names if name not in PARAMETERS or not PARAMETERS[name].lane]


def _shared(group: Group, structural: list[str]) -> str:
    run = group.runs[0]
    parts = [f"{name}={_value(run.params[name])}" for name in structural if name in run.params]
    if run.engine_reason:
        parts.append(f"[{run.engine_reason}]")
    return " ".join(parts) or "everything but numbers and seeds"


def _runs_table(plan: Plan, statuses: Mapping[str, Status]) -> Table:
    names = list(dict.fromkeys(name for run in plan.runs for name in run.axes))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("seed", justify="right")
    table.add_column("updates/epoch", justify="right")
    table.add_column("status")
    for run in plan.runs[:SHOWN_RUNS]:
        status = statuses.get(run.id, Status.PENDING)
        table.add_row(
            *(_value(run.axes[name]) if name in run.axes else "–" for name in names),
            str(run.seed),
            _updates(run),
            Text(str(status), style="green" if status.finished else ""),
        )
    return table


def _updates(run: Run) -> str:
    return "?" if run.updates_per_epoch is None else str(run.updates_per_epoch)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
