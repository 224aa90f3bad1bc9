"""What a real TensorBoard makes of hpexp's event files, asked through its HTTP interface."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from hpexp.events import RunEvents
from hpexp.messages import EpochEnd
from hpexp.model import Status
from hpexp.paths import LogsFolder
from tests.builders import a_run
from tests.eventfiles import EPOCHS, write_logs
from tests.served import Served, tensorboard

METRICS = {"result/val_accuracy", "result/val_loss", "result/accuracy", "result/loss"}
LR = [
    a_run(seed, "lr", learning_rate=rate, optimizer=optimizer)
    for rate in (1e-4, 1.0)
    for optimizer in ("sgd", "adam")
    for seed in (0, 1)
]
BATCH = [a_run(0, "batch", batch=batch, learning_rate=0.01) for batch in ("full", 1, 32, 128)]
ENDS = (Status.DIVERGED, Status.FAILED, None)
"""How the first runs of `batch` end."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> LogsFolder:
    logs = LogsFolder(tmp_path_factory.mktemp("logs"))
    write_logs(logs, "lr", LR)
    write_logs(logs, "batch", BATCH, *ENDS)
    return logs


@pytest.fixture(scope="module")
def all_logs(logs: LogsFolder) -> Iterator[Served]:
    with tensorboard(logs.root, 2 * len(LR) + 2 * (len(BATCH) - 1)) as served:
        yield served


@pytest.fixture(scope="module")
def lr_logs(logs: LogsFolder) -> Iterator[Served]:
    with tensorboard(logs.experiment("lr"), 2 * len(LR)) as served:
        yield served


def session_groups(served: Served, *columns: dict[str, Any]) -> list[Any]:
    answer = served.ask(
        "plugin/hparams/session_groups",
        experimentName="",
        allowedStatuses=[f"STATUS_{name}" for name in ("UNKNOWN", "SUCCESS", "FAILURE", "RUNNING")],
        colParams=list(columns),
        startIndex=0,
        sliceSize=1000,
    )
    return list(answer["sessionGroups"])


def values(group: Any) -> dict[str, float]:
    return {value["name"]["tag"]: value["value"] for value in group["metricValues"]}


def test_each_run_has_a_train_and_a_validation_curve(lr_logs: Served) -> None:
    curves = {f"{run.name}/{part}" for run in LR for part in ("train", "validation")}
    assert set(lr_logs.ask("runs")) == {".", *curves}


def test_curves_are_what_was_logged(lr_logs: Served) -> None:
    tags = lr_logs.ask("plugin/scalars/tags")
    name = LR[1].name
    assert set(tags[f"{name}/validation"]) == {"epoch_loss", "epoch_accuracy"}
    assert set(tags[f"{name}/train"]) == {"epoch_loss", "epoch_accuracy", "epoch_learning_rate", *METRICS}
    points = lr_logs.ask(f"plugin/scalars/scalars?tag=epoch_loss&run={name}/validation")
    assert [(at, step) for at, step, _ in points] == [(1.7e9 + epoch, epoch) for epoch in range(EPOCHS)]
    assert [value for _, _, value in points] == pytest.approx([2 / (2 + epoch) for epoch in range(EPOCHS)])


def test_the_graph_and_the_histogram_are_the_first_runs(lr_logs: Served) -> None:
    name = f"{LR[0].name}/train"
    graphs = lr_logs.ask("plugin/graphs/info")
    assert {run: found["run_graph"] for run, found in graphs.items()} == {name: True}
    assert b'op: "Placeholder"' in lr_logs.get(f"plugin/graphs/graph?run={name}")
    assert lr_logs.ask("plugin/histograms/tags") == {name: {"dense/kernel": ANY}}


def test_one_experiment_has_a_row_per_run_with_every_metric(lr_logs: Served) -> None:
    rows = {group["name"]: group for group in session_groups(lr_logs)}
    assert set(rows) == {f"lr/{run.name}" for run in LR}
    for number, run in enumerate(LR):
        row = rows[f"lr/{run.name}"]
        loss = 1 / (EPOCHS - 1 + number)
        assert set(values(row)) == METRICS
        assert values(row)["result/val_loss"] == pytest.approx(2 * loss)
        assert {value["trainingStep"] for value in row["metricValues"]} == {EPOCHS - 2}
        assert row["hparams"]["learning_rate"] == run.params["learning_rate"]
        assert row["hparams"]["seed"] == run.seed
        assert [session["status"] for session in row["sessions"]] == ["STATUS_SUCCESS"]


def test_columns_are_the_axes_and_the_metrics(lr_logs: Served) -> None:
    found = lr_logs.ask("plugin/hparams/experiment", experimentName="", hparamsLimit=100)
    first = [column["name"] for column in found["hparamInfos"] if column["differs"]]
    assert first == ["learning_rate", "optimizer", "seed"]
    assert [metric["displayName"] for metric in found["metricInfos"]] == [
        "val_accuracy",
        "val_loss",
        "accuracy",
        "loss",
    ]


def test_all_experiments_share_one_table(all_logs: Served) -> None:
    found = all_logs.ask("plugin/hparams/experiment", experimentName="", hparamsLimit=100)
    columns = {column["name"]: column["domainDiscrete"] for column in found["hparamInfos"]}
    assert columns == {
        "learning_rate": [1e-4, 0.01, 1.0],
        "optimizer": ["sgd", "adam"],
        "batch": ["full", "1", "32", "128"],
        "seed": [0, 1],
        "experiment": ["batch", "lr"],
    }
    rows = session_groups(all_logs)
    assert {row["name"] for row in rows} == {f"{run.experiment}/{run.name}" for run in (*LR, *BATCH)}


def test_runs_without_metrics_do_not_break_the_table(all_logs: Served) -> None:
    rows = {group["name"]: group for group in session_groups(all_logs)}
    ends = [rows[f"batch/{run.name}"] for run in BATCH]
    assert [set(values(row)) for row in ends] == [set(), set(), set(), METRICS]
    statuses = [row["sessions"][0]["status"] for row in ends]
    assert statuses == ["STATUS_FAILURE", "STATUS_FAILURE", "STATUS_UNKNOWN", "STATUS_SUCCESS"]


@pytest.mark.parametrize("column", ["learning_rate", "optimizer", "batch", "seed", "experiment"])
def test_rows_sort_by_every_column(all_logs: Served, column: str) -> None:
    rows = session_groups(all_logs, {"hparam": column, "order": "ORDER_ASC"})
    found = [row["hparams"][column] for row in rows if column in row["hparams"]]
    assert found == sorted(found)
    assert len(rows) == len(LR) + len(BATCH)


def test_rows_sort_by_a_metric(all_logs: Served) -> None:
    metric = {"metric": {"tag": "result/val_loss", "group": ""}, "order": "ORDER_ASC"}
    rows = session_groups(all_logs, metric)
    found = [values(row)["result/val_loss"] for row in rows if values(row)]
    assert found == sorted(found)
    assert len(found) == len(LR) + 1


def test_a_column_filters(all_logs: Served) -> None:
    rows = session_groups(
        all_logs, {"hparam": "batch", "filterDiscrete": ["32"], "excludeMissingValues": True}
    )
    assert [row["name"] for row in rows] == [f"batch/{BATCH[2].name}"]


def test_tensorboards_own_loader_reads_the_files(logs: LogsFolder) -> None:
    run = logs.run("lr", LR[0].name)
    code = (
        "import json, sys, types;"
        "sys.modules['tensorboard.compat.notf'] = types.ModuleType('tensorboard.compat.notf');"
        "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator;"
        "from tensorboard.util.tensor_util import make_ndarray;"
        "read = EventAccumulator(sys.argv[1]).Reload();"
        "tags = read.Tags()['tensors'];"
        "print(json.dumps({tag: [[event.step, float(make_ndarray(event.tensor_proto).sum())]"
        " for event in read.Tensors(tag)] for tag in tags}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(run.validation)], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert set(found) == {"epoch_loss", "epoch_accuracy"}
    assert [step for step, _ in found["epoch_loss"]] == list(range(EPOCHS))
    assert [value for _, value in found["epoch_loss"]] == pytest.approx([2 / (1 + e) for e in range(EPOCHS)])


def test_a_board_follows_a_run_and_then_its_rerun(tmp_path: Path) -> None:
    run = a_run(0, "lr")
    paths = LogsFolder(tmp_path).run("lr", run.name)

    def train(loss: float, epochs: range, events: RunEvents) -> None:
        for epoch in epochs:
            events.epoch(EpochEnd(run.id, epoch, {"loss": loss + epoch}, 1.7e9 + epoch))
        events.flush()

    def curve(served: Served) -> list[float]:
        points = served.ask(f"plugin/scalars/scalars?tag=epoch_loss&run=lr/{run.name}/train")
        return [value for _, _, value in points]

    def becomes(served: Served, expected: list[float]) -> bool:
        until = time.monotonic() + 30
        while curve(served) != expected and time.monotonic() < until:
            time.sleep(0.1)
        return curve(served) == expected

    first = RunEvents(paths)
    first.start(run)
    train(0.0, range(2), first)
    with tensorboard(tmp_path, 1, reload_interval=1) as served:
        assert curve(served) == [0.0, 1.0]
        train(0.0, range(2, 4), first)
        assert becomes(served, [0.0, 1.0, 2.0, 3.0])
        second = RunEvents(paths)
        second.start(run)
        train(10.0, range(2), second)
        assert becomes(served, [10.0, 11.0])
