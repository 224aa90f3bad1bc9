"""The one writer: event files, logs and rows, in step."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpexp.anchor import Anchor
from hpexp.appending import append
from hpexp.errors import StoreError
from hpexp.events import RunEvents
from hpexp.events.records import read_frames
from hpexp.messages import DataFound, EpochEnd, Finished, LogText, Started
from hpexp.model import Plan, Result, Run, Status
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.recorder import Recorder
from hpexp.reserve import Reserve
from hpexp.room import Room
from hpexp.store import Store
from tests.builders import a_data_summary, a_plan, a_run, an_experiment
from tests.test_progress import OBJECTIVE, console

RUNS = [a_run(seed) for seed in range(2)]


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    return LogsFolder(tmp_path / "logs")


@pytest.fixture
def store(logs: LogsFolder) -> Iterator[Store]:
    with Store.open(logs) as store:
        store.begin(an_experiment(), "hpexp run toy.yaml", {})
        store.add(RUNS)
        yield store


@pytest.fixture
def recorder(logs: LogsFolder, store: Store) -> Recorder:
    view = QuietView(console())
    view.open("toy", RUNS, OBJECTIVE, 0)
    return Recorder(
        an_experiment(), RUNS, store, logs, view, Room(logs, store, Reserve(logs), view, Anchor(logs))
    )


def epoch(run: Run, number: int) -> EpochEnd:
    return EpochEnd(run.id, number, {"loss": 0.5, "val_loss": 0.6}, 2e9)


def events(logs: LogsFolder, run: Run) -> list[Path]:
    return sorted(logs.run("toy", run.name).folder.glob("*/events*"))


def test_a_run_is_done_with_its_row_and_its_files(logs: LogsFolder, store: Store, recorder: Recorder) -> None:
    run = RUNS[0]
    recorder.record(Started(run.id, 1e9))
    assert store.statuses("toy")[run.id] is Status.RUNNING
    for number in range(2):
        recorder.record(epoch(run, number))
    recorder.record(LogText(run.id, "hello\n"))
    recorder.record(Finished(run.id, Result(Status.DONE, 2, 1, {"val_loss": 0.6})))
    assert store.statuses("toy") == {run.id: Status.DONE, RUNS[1].id: Status.PENDING}
    assert [row.epoch for row in store.epochs("toy", run.id)] == [0, 1]
    assert [path.parent.name for path in events(logs, run)] == ["train", "validation"]
    assert logs.run("toy", run.name).log.read_text() == "hello\n"
    assert recorder.results[run.id].status is Status.DONE


def test_a_second_try_leaves_nothing_of_the_first(logs: LogsFolder, store: Store, recorder: Recorder) -> None:
    run = RUNS[0]
    for _ in range(2):
        recorder.record(Started(run.id, 1e9))
        recorder.record(LogText(run.id, "hello\n"))
        recorder.record(epoch(run, 0))
        recorder.tick()
    recorder.record(Finished(run.id, Result(Status.FAILED, error="no", traceback="Traceback: no\n")))
    assert len(events(logs, run)) == 2
    assert len(store.epochs("toy", run.id)) == 1
    assert logs.run("toy", run.name).log.read_text() == "hello\nTraceback: no\n"


def test_what_is_in_progress_at_the_end_was_interrupted(store: Store, recorder: Recorder) -> None:
    for run in RUNS:
        recorder.record(Started(run.id, 1e9))
    recorder.record(Finished(RUNS[0].id, Result(Status.DONE)))
    recorder.close()
    assert store.statuses("toy") == {RUNS[0].id: Status.DONE, RUNS[1].id: Status.INTERRUPTED}


def test_a_run_whose_worker_died_before_it_started_has_a_log(logs: LogsFolder, recorder: Recorder) -> None:
    run = RUNS[0]
    recorder.record(Finished(run.id, Result(Status.FAILED, error="the worker died: exit code 5")))
    assert "exit code 5" in logs.run("toy", run.name).log.read_text()


def test_what_a_worker_printed_before_its_run_started_is_kept(logs: LogsFolder, recorder: Recorder) -> None:
    run = RUNS[0]
    recorder.record(LogText(run.id, "last words\n"))
    recorder.record(Finished(run.id, Result(Status.FAILED, error="the worker died: exit code 5")))
    text = logs.run("toy", run.name).log.read_text()
    assert text.startswith("last words\n")
    assert "exit code 5" in text


def test_a_folder_that_cannot_be_written_is_an_error_for_a_person(
    logs: LogsFolder, recorder: Recorder
) -> None:
    logs.experiment("toy").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="toy"):
        recorder.record(Started(RUNS[0].id, 1e9))


class Disk:
    """Files can be written unless it is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self._write = append
        monkeypatch.setattr("hpexp.appending.append", self._append)

    def _append(self, path: Path, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        self._write(path, data)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def train_while_full(recorder: Recorder, run: Run, disk: Disk) -> None:
    """The run begins; then the disk is full, and the run says something and ends an epoch."""
    recorder.record(Started(run.id, 1e9))
    disk.full = True
    recorder.record(LogText(run.id, "hello\n"))
    recorder.record(epoch(run, 0))
    recorder.tick()


def test_a_run_whose_files_do_not_fit_has_failed(
    logs: LogsFolder, store: Store, recorder: Recorder, disk: Disk
) -> None:
    run = RUNS[0]
    train_while_full(recorder, run, disk)
    recorder.record(Finished(run.id, Result(Status.DONE, 1, 0, {"val_loss": 0.6})))
    (row, other) = store.runs("toy")
    assert (row.status, other.status) == (Status.FAILED, Status.PENDING)
    assert row.error == f"no space left on device: free space in {logs.root} and run again"
    assert "OSError: [Errno 28]" in (row.traceback or "")
    assert recorder.results[run.id].status is Status.FAILED
    assert not events(logs, run)
    disk.full = False
    recorder.close()
    text = logs.run("toy", run.name).log.read_text()
    assert text.startswith("hello\nTraceback")
    assert store.statuses("toy")[RUNS[1].id] is Status.PENDING


def test_a_disk_that_was_full_for_a_while_costs_nothing(
    logs: LogsFolder, store: Store, recorder: Recorder, disk: Disk
) -> None:
    run = RUNS[0]
    train_while_full(recorder, run, disk)
    disk.full = False
    recorder.record(epoch(run, 1))
    recorder.record(Finished(run.id, Result(Status.DONE, 2, 1, {"val_loss": 0.6})))
    assert store.statuses("toy")[run.id] is Status.DONE
    assert logs.run("toy", run.name).log.read_text() == "hello\n"
    train, _ = events(logs, run)
    assert len(list(read_frames(train.read_bytes()))) == 6, "version, start, two epochs, best, end"


def test_a_failure_keeps_its_own_reason_on_a_full_disk(
    logs: LogsFolder, store: Store, recorder: Recorder, disk: Disk
) -> None:
    run = RUNS[0]
    recorder.record(Started(run.id, 1e9))
    disk.full = True
    recorder.record(Finished(run.id, Result(Status.FAILED, error="no", traceback="Traceback: no\n")))
    disk.full = False
    recorder.close()
    assert [row.error for row in store.runs("toy")] == ["no", None]
    assert logs.run("toy", run.name).log.read_text() == "Traceback: no\n"


def test_columns_that_do_not_fit_are_written_at_the_end(
    logs: LogsFolder, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(logs: LogsFolder, plan: Plan, told: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("hpexp.recorder.write_experiment", full)
        recorder.begin(a_plan(an_experiment(), *RUNS))
    assert not list(logs.experiment("toy").glob("events*"))
    recorder.close()
    assert list(logs.experiment("toy").glob("events*"))


def test_writing_many_event_files_leaves_time_to_train(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    flushed: list[float] = []

    def slow_flush(self: RunEvents) -> None:
        nonlocal now
        now += 1
        flushed.append(now)

    monkeypatch.setattr("hpexp.recorder.time.monotonic", lambda: now)
    monkeypatch.setattr(RunEvents, "flush", slow_flush)
    recorder.record(Started(RUNS[0].id, 1e9))
    while now < 150:
        recorder.tick()
        now += 0.5
    assert flushed == [101, 122, 143]


def test_what_the_data_came_to_is_known_of_each_run_that_has_begun(
    logs: LogsFolder, store: Store, recorder: Recorder
) -> None:
    recorder.record(DataFound(RUNS[0].id, a_data_summary(majority=0.75), fingerprint="old"))
    recorder.record(Started(RUNS[0].id, 1e9))
    recorder.record(DataFound(RUNS[1].id, a_data_summary(majority=0.5), fingerprint="new"))
    recorder.record(Started(RUNS[1].id, 1e9))
    recorder.tick()
    store.commit()
    with Store.read(logs) or pytest.fail("no store") as reader:
        found = [(run.fingerprint, run.data) for run in reader.runs("toy")]
        assert found[:2] == [("old", a_data_summary(majority=0.75)), ("new", a_data_summary(majority=0.5))]
        assert set(found[2:]) <= {("", None)}


def test_metrics_that_only_training_could_tell_get_their_columns(
    logs: LogsFolder, recorder: Recorder
) -> None:
    recorder.begin(a_plan(an_experiment(), *RUNS))
    before = {path.name for path in logs.experiment("toy").glob("events*")}
    recorder.record(Started(RUNS[0].id, 1e9))
    metrics = {"val_accuracy": 0.9, "val_balanced_accuracy": 0.8}
    recorder.record(Finished(RUNS[0].id, Result(Status.DONE, 1, 0, metrics)))
    recorder.close()
    (after,) = logs.experiment("toy").glob("events*")
    assert after.name not in before
    assert b"result/val_balanced_accuracy" in after.read_bytes()
