"""What `hpexp plan` shows: runs, groups, updates per epoch, what collapsed, what is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpexp.console import write_json
from hpexp.model import DataFacts, Group, Params, Plan, Reason, Run, Status
from hpexp.paths import LogsFolder
from hpexp.plan.collapse import joined
from hpexp.plan.expand import varied_names
from hpexp.results.data import classes as classes_words
from hpexp.results.runs import finite
from hpexp.store import Store
from hpexp.tablewords import table_as_dict, table_lines
from hpexp.text import counted, short
from hpexp.vocabulary import FILES, LANES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

SHOWN_POINTS = 30
SHOWN_SHAPES = 12


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
        "data": {
            "task": plan.facts.task,
            "classes": dict(plan.facts.classes),
            "examples": {name: getattr(plan.facts, name) for name in ("train", "validation", "test")},
            **table_as_dict(plan.facts.table),
        },
        "runs": [
            {
                "id": run.id,
                "name": run.name,
                "params": finite(run.params),
                "seed": run.seed,
                "repeat": run.repeat,
                "engine": run.engine,
                "updates_per_epoch": run.updates_per_epoch,
                "status": str(statuses.get(run.id, Status.PENDING)),
            }
            for run in plan.runs
        ],
        "collapsed": [
            {"param": each.param, "reason": str(each.reason), "points": each.points}
            for each in plan.collapsed
        ],
        "no_effect": [{"param": each.name, "reasons": list(map(str, each.reasons))} for each in plan.idle],
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
        write_json(as_dict(plan, statuses))
        return
    points = _points(plan.runs)
    console.print(_headline(plan, statuses, len(points)))
    for line in _collapsed(plan):
        console.print(line, style="dim")
    for line in warnings(plan):
        console.print(line, style="yellow")
    console.print()
    console.print(_groups_table(plan))
    console.print()
    console.print(_points_table(plan, points, statuses, console))
    if len(points) > SHOWN_POINTS:
        more = len(points) - SHOWN_POINTS
        console.print(f"… and {counted(more, 'more point')} (--json lists every run)", style="dim")


def warnings(plan: Plan) -> list[str]:
    """What was assumed of the data, and what the file says and no run heeds; a line each."""
    lines = [*plan.facts.notes, *_one_channel(plan), *_epochs(plan)]
    lines += [f"no effect: {each.name} ({joined(each.reasons)}{each.meant})" for each in plan.idle]
    return lines + [f"exclude: no point has {', '.join(_settings(entry))}" for entry in plan.unmatched]


def _one_channel(plan: Plan) -> Iterator[str]:
    """The rule of `hpexp.train.data.arrays.shape_for`."""
    shape = plan.facts.shape
    if plan.experiment.model.kind == "cnn" and shape is not None and len(shape) == 2:
        yield f"cnn: examples of shape {shape} are taken as images of one channel"


def _epochs(plan: Plan) -> Iterator[str]:
    """What runs of different lengths are compared by."""
    if len({run.params.get("epochs") for run in plan.runs}) < 2:
        return
    if plan.experiment.objective.restores:
        yield (
            "epochs varies, and each run is taken at its best epoch, which may be one and the same "
            "(objective.epoch: last compares last epochs)"
        )
    else:
        yield "epochs varies: each run is taken at its last epoch"


def _settings(params: Params) -> list[str]:
    return [f"{name}={short(value)}" for name, value in params.items()]


def _points(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs that differ in their seeds and in the drawing of the split only, together."""
    points: dict[str, list[Run]] = {}
    for run in runs:
        points.setdefault(run.point, []).append(run)
    return list(points.values())


def _headline(plan: Plan, statuses: Mapping[str, Status], points: int) -> Text:
    from rich.text import Text

    seeds, repeats = len({run.seed for run in plan.runs}), plan.experiment.repeats
    done = sum(status.finished for status in statuses.values())
    text = Text()
    text.append(plan.experiment.name, style="bold")
    text.append(f"  {counted(len(plan.runs), 'run')}")
    if seeds > 1 or repeats > 1:
        times = f" × {seeds} seeds" if seeds > 1 else ""
        times += f" × {repeats} splits" if repeats > 1 else ""
        text.append(f" ({counted(points, 'point')}{times})")
    text.append(f" in {counted(len(plan.groups), 'group')}, {done} done, {len(plan.runs) - done} to train\n")
    if plan.experiment.description:
        text.append(f"{plan.experiment.description}\n")
    text.append("\n".join([_data_line(plan), *table_lines(plan.facts.table)]), style="dim")
    return text


def _data_line(plan: Plan) -> str:
    facts, data = plan.facts, plan.experiment.data
    name = Path(data.source).name if data.kind in FILES else data.source
    what = f"{', '.join(_task(facts))}; " if facts.task else ""
    if facts.train is None:
        unknown = "sizes" if facts.task else "task and sizes"
        return f"{name}: {what}{unknown} are known once the data is loaded"
    sizes = f"{facts.train} training, {facts.validation} validation and {facts.test} test examples"
    return f"{name}: {what}{sizes}"


def _task(facts: DataFacts) -> Iterator[str]:
    if facts.task:
        yield facts.task
    if facts.classes:
        names, counts = zip(*facts.classes, strict=True)
        yield classes_words(names, counts)


def _collapsed(plan: Plan) -> list[str]:
    """One line a parameter: how many points it made equal, and why."""
    counts: Counter[str] = Counter()
    reasons: dict[str, list[Reason]] = {}
    for each in plan.collapsed:
        counts[each.param] += each.points
        reasons.setdefault(each.param, []).append(each.reason)
    return [
        f"{counted(count, 'point')} collapsed: {f'{param}, ' if param else ''}{joined(reasons[param])}"
        for param, count in counts.items()
    ]


def _groups_table(plan: Plan) -> Table:
    """Groups of equal shape share a row; those that are not compiled come first, with the reason."""
    table = _table()
    table.add_column("engine", no_wrap=True)
    table.add_column("groups", justify="right")
    table.add_column("runs each", justify="right")
    table.add_column("updates/epoch", justify="right")
    table.add_column("what they share", overflow="fold")
    shapes = sorted(_shapes(plan).items(), key=lambda shape: shape[0][0] == "compiled")
    for (engine, runs, updates, shared), count in shapes[:SHOWN_SHAPES]:
        table.add_row(engine, str(count), str(runs), _or_unknown(updates), shared)
    if len(shapes) > SHOWN_SHAPES:
        table.add_row("…", str(sum(count for _, count in shapes[SHOWN_SHAPES:])), "", "", "more groups")
    return table


def _shapes(plan: Plan) -> Counter[tuple[str, int, int | None, str]]:
    structural = [name for name in _varied(plan) if name not in LANES]
    return Counter(
        (group.engine, len(group.runs), group.runs[0].updates_per_epoch, _shared(group, structural))
        for group in plan.groups
    )


def _shared(group: Group, structural: Sequence[str]) -> str:
    run = group.runs[0]
    if group.engine == "fit":
        return f"one by one: {run.engine_reason}"
    parts = _settings({name: run.params[name] for name in structural if name in run.params})
    return " ".join(parts) or "one program"


def _varied(plan: Plan) -> list[str]:
    """The axes that have an effect somewhere, in the order of the file."""
    used = dict.fromkeys(name for run in plan.runs for name in run.axes)
    ordered = dict.fromkeys([*varied_names(plan.experiment), *used])
    return [name for name in ordered if name in used]


def _points_table(
    plan: Plan, points: Sequence[Sequence[Run]], statuses: Mapping[str, Status], console: Console
) -> Table:
    """A column an axis where they fit, else all axes in one column."""
    shown = points[:SHOWN_POINTS]
    names = _varied(plan)
    cells = [[short(runs[0].axes[name]) if name in runs[0].axes else "–" for name in names] for runs in shown]
    wide = _with_standing(names, cells, shown, statuses)
    unbounded = console.options.update(max_width=10_000)
    if console.measure(wide, options=unbounded).maximum <= console.width:
        return wide
    texts = [" ".join(_settings(runs[0].axes)) for runs in shown]
    return _with_standing(["point"], [[text] for text in texts], shown, statuses)


def _with_standing(
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    points: Sequence[Sequence[Run]],
    statuses: Mapping[str, Status],
) -> Table:
    """A row a point: its cells under `names`, then its seeds, updates and status."""
    from rich.text import Text

    table = _table()
    for name in names:
        table.add_column(name, justify="left" if name == "point" else "right", overflow="fold")
    several = any(len(runs) > 1 for runs in points)
    table.add_column("seeds" if several else "seed", justify="right")
    table.add_column("updates/epoch", justify="right")
    table.add_column("status")
    for runs, own in zip(points, cells, strict=True):
        of_point = Counter(statuses.get(each.id, Status.PENDING) for each in runs)
        table.add_row(
            *own,
            _seeds(list(dict.fromkeys(each.seed for each in runs))),
            _or_unknown(runs[0].updates_per_epoch),
            Text(_standing(of_point), style="green" if all(status.finished for status in of_point) else ""),
        )
    return table


def _standing(counts: Mapping[Status, int]) -> str:
    """One word where all runs of a point stand alike, else how many are done and what else befell."""
    if len(counts) == 1:
        return str(*counts)
    done = sum(count for status, count in counts.items() if status.finished)
    others = {status: count for status, count in counts.items() if not status.finished}
    others.pop(Status.PENDING, None)
    return ", ".join(
        [f"{done}/{sum(counts.values())} done", *(f"{count} {status}" for status, count in others.items())]
    )


def _seeds(seeds: Sequence[int]) -> str:
    """`0–4` for a stretch, else the seeds, the middle ones left out where there are many."""
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}–{seeds[-1]}"
    shown = [str(seed) for seed in seeds]
    return ",".join(shown if len(shown) <= 4 else [*shown[:2], "…", shown[-1]])


def _table() -> Table:
    from rich.table import Table

    return Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))


def _or_unknown(count: int | None) -> str:
    return "?" if count is None else str(count)
