"""Runs as rows: table, Markdown, CSV and JSON of the same runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hpexp import text
from hpexp.console import json_text
from hpexp.model import Objective, Status
from hpexp.results.columns import Columns
from hpexp.results.ranking import best_runs, score
from hpexp.results.table import Column, as_csv
from hpexp.store import StoredRun
from hpexp.vocabulary import BALANCED

STYLES = {
    Status.DONE: "green",
    Status.STOPPED: "green",
    Status.DIVERGED: "yellow",
    Status.INTERRUPTED: "yellow",
    Status.FAILED: "red",
    Status.TIMEOUT: "red",
    Status.RUNNING: "cyan",
    Status.PENDING: "dim",
}
SHORT_ID = 6


def table(runs: Sequence[StoredRun], columns: Columns, objective: Objective | None) -> list[Column]:
    """What a person looks at; the objective always stays in sight, its best value bold."""
    many = len({run.experiment for run in runs}) > 1
    main = objective.metric if objective else None
    lead = [Column("experiment", [run.experiment for run in runs], right=False)] if many else []
    return [
        *lead,
        Column("id", [run.id[:SHORT_ID] for run in runs], weight=4, right=False),
        *(param_column(name, columns.title(name), runs) for name in columns.axes),
        *_repeats(runs),
        Column("seed", [str(run.seed) for run in runs], weight=3),
        Column(
            "status",
            [str(run.status) for run in runs],
            right=False,
            styles=[STYLES[run.status] for run in runs],
        ),
        Column("epochs", [str(run.epochs) for run in runs], weight=6),
        Column(
            f"{objective.epoch} epoch" if objective else "epoch", [_best_epoch(run) for run in runs], weight=8
        ),
        *(_metric(runs, name, objective) for name in in_order(columns.metrics, main)),
        Column("seconds", [text.seconds(run.seconds) if run.finished else "–" for run in runs], weight=5),
    ]


def _repeats(runs: Sequence[StoredRun]) -> list[Column]:
    """The repeat of the split, where it is one of several."""
    return (
        [Column("repeat", [str(run.repeat) for run in runs], weight=3)]
        if any(run.repeat for run in runs)
        else []
    )


def param_column(name: str, title: str, runs: Sequence[StoredRun]) -> Column:
    """A parameter of each run: numbers to the right, names to the left."""
    values = [run.params.get(name) for run in runs]
    numbers = any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return Column(title, list(map(text.param, values)), weight=1, right=numbers)


def in_order(metrics: Sequence[str], objective: str | None) -> list[str]:
    """The objective, then validation, its accuracies first and side by side, then training."""
    first = {"val_accuracy": 0, f"val_{BALANCED}": 1}
    return sorted(
        metrics, key=lambda name: (name != objective, not name.startswith("val_"), first.get(name, 2))
    )


def csv(runs: Sequence[StoredRun], columns: Columns, baselines: Sequence[float | None]) -> str:
    """Every column and every digit; a list of widths is JSON, a missing value is empty.

    `baselines` are those of the objective, run by run.
    """
    titles = [
        *("id", "experiment", "name", "status"),
        *map(columns.title, columns.params),
        *("repeat", "seed", "engine", "epochs", "best_epoch"),
        *columns.metrics,
        *("baseline", "seconds", "error"),
    ]
    rows = [
        [
            *(run.id, run.experiment, run.name, str(run.status)),
            *(_plain(run.params.get(name)) for name in columns.params),
            *(run.repeat, run.seed, run.engine, run.epochs, run.best_epoch),
            *(run.metrics.get(name) for name in columns.metrics),
            *(constant, run.seconds, run.error),
        ]
        for run, constant in zip(runs, baselines, strict=True)
    ]
    return as_csv(titles, rows)


def as_dict(run: StoredRun) -> dict[str, Any]:
    """A run as JSON values; NaN and infinity, which JSON has not, are null."""
    return {
        "id": run.id,
        "experiment": run.experiment,
        "name": run.name,
        "status": str(run.status),
        "params": finite(run.params),
        "seed": run.seed,
        "repeat": run.repeat,
        "engine": run.engine,
        "own_loss": run.own_loss,
        "epochs": run.epochs,
        "best_epoch": run.best_epoch,
        "metrics": finite(run.metrics),
        "seconds": run.seconds,
        "error": run.error,
    }


def finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON has them."""
    return {name: None if _odd(value) else value for name, value in values.items()}


def _odd(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def json_list(rows: Sequence[Mapping[str, Any]]) -> str:
    """A JSON list with one row a line."""
    lines = ",\n".join(json_text(row) for row in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def _metric(runs: Sequence[StoredRun], name: str, objective: Objective | None) -> Column:
    cells = [text.number(run.metrics.get(name)) for run in runs]
    if objective is None or name != objective.metric:
        return Column(name, cells, weight=7 if name.startswith("val_") else 9)
    best = {run.id for run in next(iter(best_runs(runs, objective)), []) if score(run, name) is not None}
    styles = ["bold" if run.id in best else "" for run in runs]
    return Column(name, cells, styles=styles)


def _best_epoch(run: StoredRun) -> str:
    return text.NOTHING if run.best_epoch is None else str(run.best_epoch)


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | tuple) else value
