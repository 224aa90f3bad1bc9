"""`hpexp results`: stored runs read back, filtered, ordered, grouped and printed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from hpexp.console import note, write
from hpexp.errors import UsageError
from hpexp.model import Objective
from hpexp.paths import LogsFolder
from hpexp.results.columns import Columns
from hpexp.results.data import baseline, baseline_words, constant_scores, data_of
from hpexp.results.groups import Groups, check_names
from hpexp.results.overview import overview
from hpexp.results.query import Query, by_results, in_order, matching
from hpexp.results.ranking import as_told, by_rank
from hpexp.results.runs import as_dict, csv, json_list, table
from hpexp.results.table import Column, as_markdown, fitting, print_table
from hpexp.shell import command
from hpexp.store import Store, StoredExperiment, StoredRun
from hpexp.text import counted, printable

__all__ = ["Query", "print_results"]

Format = Literal["table", "json", "csv", "md"]
FORMATS = ("table", "json", "csv", "md")


def print_results(
    logs: Path,
    experiment: str | None,
    query: Query,
    format_: str,
    console: Console,
    *,
    all_: bool = False,
) -> None:
    """Print runs of `experiment`, or of all; with `all_` also those the last `hpexp run` did not ask for.

    Raises:
        UsageError: no such experiment, column or format, or a condition that cannot be read.
        StoreError: the store cannot be read.
    """
    format_ = _format(format_)
    experiments, stored = _load(logs, experiment)
    runs = [run for run in stored if run.planned or all_]
    if not runs:
        _say_nothing(logs, format_)
        return
    if len(experiments) > 1 and query.empty and format_ in ("table", "md"):
        _print_columns(overview(experiments, runs), format_, console)
        note(f"one experiment in full: {command('results', experiments[0].name, logs=logs)}")
        return
    objectives = {
        each.name: as_told(each.objective, (run for run in runs if run.experiment == each.name))
        for each in experiments
    }
    columns = Columns(runs)
    chosen = matching(runs, columns, query.where)
    if query.group_by:
        _print_groups(chosen, columns, query, _shared(objectives), format_, console)
    else:
        chosen = _ordered(chosen, columns, query, objectives)[: query.top]
        _print_runs(chosen, columns, objectives, format_, console)
    if len(experiments) == 1 and format_ in ("table", "md"):
        _print_baseline(runs, objectives[experiments[0].name], format_, console)
        if any(run.data for run in runs) and not data_of(runs):
            note("these runs were trained on different data: no baseline holds for all of them")
    if query.where and not chosen:
        note(f"none of {counted(len(runs), 'run')} meets {' and '.join(query.where)}")
    if len(stored) > len(runs) and format_ == "table":
        others = counted(len(stored) - len(runs), "run")
        note(f"{others} that the last hpexp run did not ask for: --all shows them")


def known_experiment(name: str, experiments: Sequence[StoredExperiment], logs: Path) -> StoredExperiment:
    """The experiment of that name.

    Raises:
        UsageError: there is none; lists those that are there.
    """
    for each in experiments:
        if each.name == name:
            return each
    names = [each.name for each in experiments]
    near = difflib.get_close_matches(name, names, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    hint = (
        f"{guess}experiments: {', '.join(names)}"
        if names
        else f"{command('run', 'CONFIG', logs=logs)} trains one"
    )
    raise UsageError(f"there is no experiment {name!r} in {logs}", hint=hint)


def _format(name: str) -> Format:
    match name:
        case "table" | "json" | "csv" | "md":
            return name
    raise UsageError(f"--format: {name!r} is not one of {', '.join(FORMATS)}")


def _load(logs: Path, experiment: str | None) -> tuple[list[StoredExperiment], list[StoredRun]]:
    store = Store.read(LogsFolder(logs))
    if store is None:
        if experiment is not None:
            known_experiment(experiment, [], logs)
        return [], []
    with store:
        experiments = store.experiments()
        if experiment is not None:
            experiments = [known_experiment(experiment, experiments, logs)]
        return experiments, store.runs(experiment, all_=True)


def _ordered(
    runs: Sequence[StoredRun], columns: Columns, query: Query, objectives: dict[str, Objective]
) -> list[StoredRun]:
    if query.sort:
        return in_order(runs, columns, query.sort)
    return [
        run
        for name, objective in objectives.items()
        for run in by_rank([run for run in runs if run.experiment == name], objective)
    ]


def _shared(objectives: dict[str, Objective]) -> Objective | None:
    """The objective, where all experiments have the same."""
    found = set(objectives.values())
    return found.pop() if len(found) == 1 else None


def _print_runs(
    runs: Sequence[StoredRun],
    columns: Columns,
    objectives: dict[str, Objective],
    format_: Format,
    console: Console,
) -> None:
    if format_ == "json":
        write(json_list([{**as_dict(run), "baselines": _constants(run)} for run in runs]))
    elif format_ == "csv":
        metrics = {name: objective.metric for name, objective in objectives.items()}
        constants = [baseline(data_of([run]), metrics[run.experiment], [run]) for run in runs]
        write(csv(runs, columns, [one.value if one else None for one in constants]))
    else:
        _print_columns(table(runs, columns, _shared(objectives)), format_, console)


def _constants(run: StoredRun) -> dict[str, float | None] | None:
    """What constant predictions score on the data of the run."""
    return constant_scores(data_of([run]), [run]) if run.data else None


def _print_groups(
    runs: Sequence[StoredRun],
    columns: Columns,
    query: Query,
    objective: Objective | None,
    format_: Format,
    console: Console,
) -> None:
    groups = Groups(runs, columns, check_names(query.group_by), objective)
    groups.sort(query.sort)
    groups.rows = groups.rows[: query.top]
    if format_ == "json":
        write(json_list(groups.dicts()))
    elif format_ == "csv":
        write(groups.csv())
    else:
        _print_columns(groups.table(), format_, console)
        for line in _remarks(groups, by_results(columns, query.where)):
            note(line)


def _remarks(groups: Groups, chosen_by: Sequence[str]) -> Iterator[str]:
    """What the means do not compare."""
    if groups.unlike:
        yield f"not like with like: the rows average over different settings of {', '.join(groups.unlike)}"
    if chosen_by:
        runs = f"runs chosen by {', '.join(chosen_by)}"
        yield f"{runs}: the means are of what is left, and say little of others"


def _print_baseline(
    runs: Sequence[StoredRun], objective: Objective, format_: Format, console: Console
) -> None:
    constant = baseline(data_of(runs), objective.metric, runs)
    if constant is None:
        return
    line = f"baseline: {objective.metric} {baseline_words(constant)}"
    if format_ == "md":
        write(f"\n{printable(line)}\n")
    else:
        console.print(Text(line), soft_wrap=True)


def _print_columns(columns: Sequence[Column], format_: Format, console: Console) -> None:
    if format_ == "md":
        write(as_markdown(columns))
        return
    kept, dropped = fitting(columns, console.width)
    print_table(kept, console)
    if dropped:
        names = ", ".join(column.title for column in dropped)
        note(f"left out at this width: {names} (--format csv has all)")


def _say_nothing(logs: Path, format_: Format) -> None:
    if format_ == "json":
        write("[]\n")
    note(f"no runs in {logs} yet; {command('run', 'CONFIG', logs=logs)} trains some")
