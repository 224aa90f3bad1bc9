"""The HParams configuration of each experiment: columns, their domains, metrics.

TensorBoard takes the first configuration it finds, and on a folder with several
experiments that is an arbitrary one. So every experiment's file holds the columns of all
experiments in the log folder; its own come first, and TensorBoard shows five unasked.
What each experiment contributes is kept under `.hpexp/hparams`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from hpexp.dataloss import DATA_LOSS, may_differ, ranked_by
from hpexp.events import encode
from hpexp.events.file import own_files, write_file
from hpexp.events.hparams import EXPERIMENT_TAG, METRIC_PREFIX, Cell, cells, text_columns
from hpexp.events.mark import mark, owned, read_mark
from hpexp.model import Plan
from hpexp.paths import EXPERIMENT_EVENTS, LogsFolder
from hpexp.vocabulary import BALANCED

if TYPE_CHECKING:
    from tensorboard.plugins.hparams.api_pb2 import HParamInfo
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

MOST_TICK_BOXES = 9
"""Up to 9 discrete values get a box to tick each; beyond, TensorBoard asks for a pattern, even of numbers."""

METRICS = (
    "val_accuracy", f"val_{BALANCED}", "val_loss", "val_data_loss", "accuracy", "loss", "val_mae", "mae"
)  # fmt: skip
"""In the order of the table's columns; others come last."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one experiment adds to the table: the values of its axes and seed, and its metrics."""

    columns: Mapping[str, tuple[Cell, ...]]
    metrics: tuple[str, ...]


def write_experiment(logs: LogsFolder, plan: Plan, told: Iterable[str] = ()) -> None:
    """Write the configuration of the plan's experiment, and bring the others' up to date.

    `told` are the metrics of runs that have ended: some are known only then.
    """
    name = plan.experiment.name
    logs.experiment(name).mkdir(parents=True, exist_ok=True)
    _save(logs, name, share_of(plan, told))
    shares = _shares(logs)
    for each in shares:
        _write(logs.experiment(each), configuration(each, shares))


def share_of(plan: Plan, told: Iterable[str] = ()) -> Share:
    """The domain of every axis in `plan`, and the metrics its runs will have, or have `told`."""
    text = text_columns(plan.runs)
    columns: dict[str, dict[Cell, None]] = {}
    replicates = ("seed", "repeat") if any(run.repeat for run in plan.runs) else ("seed",)
    for run in plan.runs:
        shown = cells(run, text)
        for name in (*run.axes, *replicates):
            if name in shown:
                columns.setdefault(name, {})[shown[name]] = None
    metrics = tuple(dict.fromkeys((*expected_metrics(plan), *told)))
    return Share({name: tuple(values) for name, values in columns.items()}, metrics)


def configuration(name: str, shares: Mapping[str, Share]) -> HParamsPluginData:
    """The configuration of experiment `name` among all experiments of the log folder."""
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    data = HParamsPluginData()
    config = data.experiment
    own = shares[name].columns
    for column in dict.fromkeys([*own, *(each for share in shares.values() for each in share.columns)]):
        values = [value for share in shares.values() for value in share.columns.get(column, ())]
        info = _column(column, values)
        # TensorBoard sorts columns that differ to the front.
        info.differs = len(own.get(column, ())) > 1
        config.hparam_infos.append(info)
    if len(shares) > 1:
        config.hparam_infos.append(_column("experiment", list(shares)))
    found = dict.fromkeys(metric for share in shares.values() for metric in share.metrics)
    for metric in dict.fromkeys([*(metric for metric in METRICS if metric in found), *found]):
        about = config.metric_infos.add(
            display_name=metric, description="of the epoch that the run is taken at"
        )
        about.name.tag = METRIC_PREFIX + metric
        validation = metric.startswith("val_")
        about.dataset_type = api_pb2.DATASET_VALIDATION if validation else api_pb2.DATASET_TRAINING
    return data


def _column(name: str, values: Iterable[Cell]) -> HParamInfo:
    """A column with its domain: discrete values, or an interval where there are many numbers."""
    from tensorboard.plugins.hparams import api_pb2

    info = api_pb2.HParamInfo(name=name)
    domain = list(dict.fromkeys(values))
    if all(isinstance(value, bool) for value in domain):
        info.type = api_pb2.DATA_TYPE_BOOL
        info.domain_discrete.extend(sorted(domain))
    elif any(isinstance(value, bool | str) for value in domain):
        info.type = api_pb2.DATA_TYPE_STRING
        info.domain_discrete.extend(dict.fromkeys(str(value) for value in domain))
    else:
        numbers = sorted(float(value) for value in domain)
        info.type = api_pb2.DATA_TYPE_FLOAT64
        if len(numbers) <= MOST_TICK_BOXES:
            info.domain_discrete.extend(numbers)
        else:
            info.domain_interval.min_value = numbers[0]
            info.domain_interval.max_value = numbers[-1]
    return info


def expected_metrics(plan: Plan) -> tuple[str, ...]:
    """The metrics that are known before anything is trained."""
    task, experiment = plan.facts.task, plan.experiment
    known = ["loss", *([] if task is None else ["accuracy" if task == "classification" else "mae"])]
    known += [DATA_LOSS] if may_differ(experiment, task) else []
    names = (*known, *(f"val_{name}" for name in known))
    asked = () if task == "regression" else (ranked_by(experiment.objective.metric, names),)
    return tuple(dict.fromkeys((*names, *asked)))


def _write(folder: Path, data: HParamsPluginData) -> None:
    """Put the configuration there, unless it is there already; a board would not see it a second time."""
    digest = sha256(data.SerializeToString(deterministic=True)).hexdigest()[:12]
    old = [path for path in own_files(folder, EXPERIMENT_EVENTS) if _is_own(path)]
    if len(old) == 1 and old[0].suffix == f".{digest}":
        return
    write_file(folder, [encode.hparams(0.0, EXPERIMENT_TAG, data)], digest)
    for path in old:
        path.unlink(missing_ok=True)


def _is_own(path: Path) -> bool:
    # Half a file, of a killed hpexp, may not have its mark yet.
    return path.name.startswith(".") or owned(read_mark(path), mark(path.parent.name), stored=True)


def _save(logs: LogsFolder, name: str, share: Share) -> None:
    path = logs.hparams(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{name}-{os.getpid()}")
    try:
        aside.write_text(json.dumps({"columns": share.columns, "metrics": share.metrics}), encoding="utf-8")
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def _shares(logs: LogsFolder) -> dict[str, Share]:
    """Every experiment's share; what is left of experiments whose logs are gone is removed."""
    shares: dict[str, Share] = {}
    for path in sorted(logs.hparams("").parent.glob("[!.]*.json")):
        share = _read(path)
        if share is None:
            continue
        if logs.experiment(path.stem).is_dir():
            shares[path.stem] = share
        else:
            path.unlink(missing_ok=True)
    return shares


def _read(path: Path) -> Share | None:
    """A note, or None where somebody has damaged it; the experiment's next run writes it anew."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        columns = {name: tuple(values) for name, values in note["columns"].items()}
        return Share(columns, tuple(note["metrics"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
