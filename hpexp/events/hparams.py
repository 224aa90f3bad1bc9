"""HParams: what each column of the table holds, and the record of one session (one run)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias

from hpexp.model import Result, Run, Value
from hpexp.vocabulary import PARAMETERS

if TYPE_CHECKING:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

Cell: TypeAlias = bool | float | str
"""What a cell of the table can hold."""

Kind: TypeAlias = Literal["number", "flag", "text"]

EXPERIMENT_TAG = "_hparams_/experiment"
START_TAG = "_hparams_/session_start_info"
END_TAG = "_hparams_/session_end_info"
METRIC_PREFIX = "result/"
"""Tags of the best epoch's metrics; their step is that epoch. TensorBoard shows them below `epoch_…`."""

_TEXT = {name for name, each in PARAMETERS.items() if each.kind not in ("number", "count", "flag")}


def text_columns(runs: Iterable[Run]) -> frozenset[str]:
    """The parameters shown as text.

    TensorBoard cannot sort a column that mixes numbers and text, so that a parameter is
    text in every run where it is in one. hpexp's own parameters have one kind each.
    """
    kinds: dict[str, set[Kind]] = {}
    for run in runs:
        for name, value in run.params.items():
            if name not in PARAMETERS and value is not None:
                kinds.setdefault(name, set()).add(_kind(value))
    mixed = {name for name, found in kinds.items() if found == {"text"} or len(found) > 1}
    return frozenset(mixed | _TEXT)


def cells(run: Run, text: frozenset[str]) -> dict[str, Cell]:
    """Everything the table may show of a run; parameters that are not set are left out."""
    shown = {name: cell(value, name in text) for name, value in run.params.items() if value is not None}
    return {**shown, "seed": run.seed, "repeat": run.repeat, "experiment": run.experiment}


def cell(value: Value, text: bool) -> Cell:
    """A parameter's value as the table shows it; `None` has none."""
    assert value is not None
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    if not text or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def session_start(run: Run, text: frozenset[str], time: float) -> HParamsPluginData:
    """The record that makes a run a row of the table. Replicates stay rows of their own."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    data = HParamsPluginData()
    info = data.session_start_info
    info.group_name = f"{run.experiment}/{run.name}"
    info.start_time_secs = time
    for name, value in cells(run, text).items():
        slot = info.hparams[name]
        if isinstance(value, bool):
            slot.bool_value = value
        elif isinstance(value, str):
            slot.string_value = value
        else:
            slot.number_value = value
    return data


def session_end(result: Result, time: float) -> HParamsPluginData:
    """The record of how a run ended: only a run that may be called the best is a success."""
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    status = api_pb2.STATUS_SUCCESS if result.status.ranked else api_pb2.STATUS_FAILURE
    data = HParamsPluginData()
    data.session_end_info.status = status
    data.session_end_info.end_time_secs = time
    return data


def best_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """The best epoch's metrics by tag, without those that are not numbers."""
    return {METRIC_PREFIX + name: value for name, value in metrics.items() if isfinite(value)}


def _kind(value: Value) -> Kind:
    if isinstance(value, bool):
        return "flag"
    return "number" if isinstance(value, int | float) else "text"
