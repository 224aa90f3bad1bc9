"""One run's event files: what is in them, when it is on disk, what a rerun clears."""

from __future__ import annotations

import math
import os
import re
import resource
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.proto import graph_pb2, summary_pb2
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api_pb2

from hpexp.events import RunEvents, text_columns
from hpexp.events.records import frame
from hpexp.messages import EpochEnd, SummaryData
from hpexp.model import Result, Run, Status
from hpexp.paths import RunPaths
from hpexp.runfiles import RunFiles
from tests.builders import a_run
from tests.eventfiles import event_file, events, hparams, scalars

LOGS = {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.25, "val_accuracy": 1.0, "learning_rate": 0.125}


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path / "lr" / "run")


def started(paths: RunPaths, run: Run | None = None) -> RunEvents:
    run_events = RunEvents(paths)
    run_events.start(run or a_run())
    return run_events


def an_epoch(epoch: int = 0, **logs: float) -> EpochEnd:
    return EpochEnd("", epoch, logs or LOGS, 1000.0 + epoch)


def done(**changes: Any) -> Result:
    return Result(**{"status": Status.DONE, "epochs": 1, "best_epoch": 0, "metrics": LOGS, **changes})


def test_tags_and_steps_are_those_of_keras(paths: RunPaths) -> None:
    run_events = started(paths)
    run_events.epoch(an_epoch(0))
    run_events.epoch(an_epoch(1))
    run_events.flush()
    assert scalars(paths.train) == {
        "epoch_loss": [(0, 0.5), (1, 0.5)],
        "epoch_accuracy": [(0, 0.75), (1, 0.75)],
        "epoch_learning_rate": [(0, 0.125), (1, 0.125)],
    }
    assert scalars(paths.validation) == {
        "epoch_loss": [(0, 0.25), (1, 0.25)],
        "epoch_accuracy": [(0, 1.0), (1, 1.0)],
    }
    assert [event.wall_time for event in events(paths.validation)] == [1000.0, 1001.0]


def test_other_metrics_and_no_validation(paths: RunPaths) -> None:
    run_events = started(paths)
    run_events.epoch(an_epoch(0, loss=0.5, mae=0.25))
    run_events.finish(done(metrics={"loss": 0.5, "mae": 0.25}))
    assert {"epoch_loss", "epoch_mae", "result/mae"} <= set(scalars(paths.train))
    assert not paths.validation.exists()


def test_graph_and_histograms_go_to_train(paths: RunPaths) -> None:
    graph = graph_pb2.GraphDef(node=[{"name": "inputs", "op": "Placeholder"}]).SerializeToString()
    summary = summary_pb2.Summary(value=[{"tag": "dense/kernel", "simple_value": 1.0}])
    run_events = started(paths)
    run_events.summary(SummaryData("", 0, "graph", graph))
    run_events.summary(SummaryData("", 4, "summary", summary.SerializeToString()))
    run_events.flush()
    assert [event.graph_def for event in events(paths.train) if event.graph_def] == [graph]
    assert [event.step for event in events(paths.train) if event.summary == summary] == [4]


def test_the_best_epochs_metrics_stand_at_that_epoch(paths: RunPaths) -> None:
    run_events = started(paths)
    run_events.epoch(an_epoch())
    run_events.finish(done(best_epoch=7))
    found = scalars(paths.train)
    assert found["result/val_accuracy"] == [(7, 1.0)]
    assert found["result/loss"] == [(7, 0.5)]


def test_a_flush_appends(paths: RunPaths) -> None:
    run_events = started(paths)
    run_events.epoch(an_epoch(0))
    run_events.flush()
    file = event_file(paths.train)
    before, inode = file.read_bytes(), file.stat().st_ino
    run_events.flush()
    assert file.read_bytes() == before
    run_events.epoch(an_epoch(1))
    assert file.read_bytes() == before
    run_events.flush()
    assert event_file(paths.train).stat().st_ino == inode
    assert file.read_bytes().startswith(before)
    assert len(file.read_bytes()) > len(before)


def test_names_are_what_tensorboard_expects(paths: RunPaths) -> None:
    started(paths).flush()
    name = event_file(paths.train).name
    assert re.fullmatch(rf"events\.out\.tfevents\.\d{{10}}\..+\.{os.getpid()}\.\d+", name)


def test_more_runs_at_once_than_open_files_allowed(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        lanes = [started(RunPaths(tmp_path / str(number)), a_run(number)) for number in range(100)]
        for epoch in range(2):
            for lane in lanes:
                lane.epoch(an_epoch(epoch))
            for lane in lanes:
                lane.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert all(
        len(scalars(tmp_path / str(number) / "validation")["epoch_loss"]) == 2 for number in range(100)
    )


def test_a_rerun_shows_one_curve_and_keeps_foreign_files(paths: RunPaths) -> None:
    first = started(paths)
    first.epoch(an_epoch(0, loss=9.0, val_loss=9.0))
    first.flush()
    paths.log.write_text("the first try\n")
    paths.model.write_bytes(b"a model")
    foreign = paths.train / "events.out.tfevents.1700000000.host.1.2.v2"
    foreign.write_bytes(b"")
    notes = paths.validation / "notes.txt"
    notes.write_text("mine")
    RunFiles(paths, (), a_run())
    assert not paths.log.exists()
    second = started(paths)
    second.epoch(an_epoch(0))
    second.finish(done())
    foreign.unlink()
    assert scalars(paths.train)["epoch_loss"] == [(0, 0.5)]
    assert scalars(paths.validation)["epoch_loss"] == [(0, 0.25)]
    assert notes.read_text() == "mine"
    assert paths.model.exists()


def test_a_run_cut_off_is_cleared_by_its_next_start(paths: RunPaths) -> None:
    run_events = started(paths)
    run_events.epoch(an_epoch(0))
    run_events.flush()
    file = event_file(paths.train)
    file.write_bytes(file.read_bytes()[:-3])
    again = started(paths)
    again.epoch(an_epoch(0))
    again.finish(done())
    assert event_file(paths.train) != file
    assert scalars(paths.train)["epoch_loss"] == [(0, 0.5)]


def test_discarding_leaves_nothing(paths: RunPaths) -> None:
    run_events = started(paths)
    run_events.epoch(an_epoch())
    run_events.flush()
    run_events.epoch(an_epoch(1))
    run_events.discard()
    run_events.flush()
    assert not [path for path in paths.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.DONE, api_pb2.STATUS_SUCCESS),
        (Status.STOPPED, api_pb2.STATUS_SUCCESS),
        (Status.DIVERGED, api_pb2.STATUS_FAILURE),
        (Status.FAILED, api_pb2.STATUS_FAILURE),
        (Status.TIMEOUT, api_pb2.STATUS_FAILURE),
        (Status.INTERRUPTED, api_pb2.STATUS_FAILURE),
    ],
)
def test_the_end_status_is_true(paths: RunPaths, status: Status, expected: int) -> None:
    started(paths).finish(Result(status))
    assert hparams(paths.train)["session_end_info"].status == expected


def test_a_run_in_progress_has_no_end(paths: RunPaths) -> None:
    started(paths).flush()
    assert set(hparams(paths.train)) == {"session_start_info"}


@pytest.mark.parametrize("metrics", [{}, {"loss": math.nan, "val_loss": math.inf}])
def test_a_run_without_numbers_has_no_metrics(paths: RunPaths, metrics: dict[str, float]) -> None:
    started(paths).finish(Result(Status.DIVERGED, metrics=metrics, best_epoch=None))
    assert scalars(paths.train) == {}


def test_a_row_holds_every_parameter_that_is_set(paths: RunPaths) -> None:
    params: dict[str, Any] = {
        "learning_rate": 1e-4,
        "nesterov": True,
        "batch": 32,
        "hidden": (64, 32),
        "activation": "relu",
        "weight_decay": None,
        "width": 12345678,
    }
    run = a_run(3, "lr", **params)
    run_events = RunEvents(paths, text_columns([run]))
    run_events.start(run)
    run_events.flush()
    info = hparams(paths.train)["session_start_info"]
    cells = {name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()}
    assert cells == {
        "learning_rate": 1e-4,
        "nesterov": True,
        "batch": "32",
        "hidden": "[64, 32]",
        "activation": "relu",
        "width": 12345678,
        "epochs": 3,
        "seed": 3,
        "repeat": 0,
        "experiment": "lr",
    }
    assert info.group_name == f"lr/{run.name}"


def test_a_parameter_that_mixes_kinds_is_text_everywhere() -> None:
    runs = [a_run(0, width=3), a_run(0, width="wide"), a_run(0, depth=1), a_run(0, depth=2.5)]
    text = text_columns(runs)
    assert "width" in text
    assert not {"depth", "learning_rate", "epochs"} & text


def test_a_new_try_removes_hpexps_own_files_alone(tmp_path: Path) -> None:
    """PyTorch names its files as hpexp does."""
    paths = RunPaths(tmp_path / "lr" / "x=1,seed=0-abcdef")
    earlier = RunEvents(paths)
    earlier.start(a_run())
    earlier.flush()
    own = event_file(paths.train)
    theirs = paths.train / "events.out.tfevents.1700000000.host.1.0"
    first = Event(wall_time=1.7e9, file_version="brain.Event:2")
    first.source_metadata.writer = "tensorboard.summary.writer.event_file_writer"
    theirs.write_bytes(frame(first.SerializeToString()))
    RunEvents(paths).start(a_run())
    assert not own.exists()
    assert theirs.exists()
