from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hpexp.errors import DamagedStoreError
from hpexp.messages import EpochEnd
from hpexp.model import Divergence, Result, Status
from hpexp.paths import LogsFolder
from hpexp.store import Store, StoredRun
from tests.builders import a_result, a_run, an_experiment, store_results

DRIVER = """
import sys, time
from pathlib import Path
from hpexp.messages import EpochEnd
from hpexp.paths import LogsFolder
from hpexp.store import Store
from tests.builders import a_result, a_run, an_experiment
store = Store.open(LogsFolder(Path(sys.argv[1])))
store.begin(an_experiment(), "hpexp run toy.yaml", {})
runs = [a_run(seed) for seed in range(3)]
store.add(runs)
store.started("toy", runs[0].id, 1.0)
store.finished("toy", runs[0].id, a_result())
store.started("toy", runs[1].id, 2.0)
store.epoch("toy", EpochEnd(runs[1].id, 0, {"loss": 1.0}, 3.0))
store.commit()
store.finished("toy", runs[1].id, a_result())
print("told", flush=True)
time.sleep(60)
"""


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    return LogsFolder(tmp_path / "logs")


def stored(logs: LogsFolder, *, all_: bool = False) -> list[StoredRun]:
    store = Store.read(logs)
    assert store
    with store:
        return store.runs(None, all_=all_)


def test_there_is_no_store_before_the_first_run(logs: LogsFolder) -> None:
    assert Store.read(logs) is None
    assert not logs.root.exists()


@pytest.mark.parametrize("open_", [Store.open, Store.read])
def test_an_empty_file_is_damage(logs: LogsFolder, open_) -> None:  # type: ignore[no-untyped-def]
    """A new store gets its name when its tables are there, so that no killed driver leaves one."""
    logs.root.mkdir()
    logs.database.touch()
    with pytest.raises(DamagedStoreError, match=r"runs\.db is damaged: it is empty"):
        open_(logs)
    assert logs.database.read_bytes() == b""


def test_parameters_come_back_with_their_types(logs: LogsFolder) -> None:
    run = a_run(7, hidden=(64, 32), batch_norm=True, nesterov=False, learning_rate=1.0, clipnorm=None)
    run = replace(run, axes={"hidden": (64, 32), "batch_norm": True})
    store_results(logs, an_experiment(), [(run, None)])
    (found,) = stored(logs)
    assert found.params == run.params
    assert [type(value) for value in found.params.values()] == [int, tuple, bool, bool, float, type(None)]
    assert list(found.axes.items()) == [("hidden", (64, 32)), ("batch_norm", True)]
    assert (found.seed, found.name, found.point, found.engine) == (7, run.name, run.point, "fit")
    assert (found.status, found.made) == (Status.PENDING, None)


def test_a_result_comes_back_whole_nan_and_infinity_included(logs: LogsFolder) -> None:
    result = Result(
        Status.DIVERGED,
        epochs=3,
        best_epoch=1,
        metrics={"loss": math.nan, "val_loss": math.inf},
        test={"loss": -math.inf},
        seconds=2.5,
        error="NaN in the loss",
        traceback="Traceback …",
        divergence=Divergence(1, None, "gradient"),
        engine="compiled",
        devices="CPU:0",
        own_loss=True,
    )
    store_results(logs, an_experiment(), [(a_run(), result)])
    (found,) = stored(logs)
    assert math.isnan(found.metrics["loss"])
    assert found.metrics["val_loss"] == math.inf
    for name in ("status", "epochs", "best_epoch", "test", "seconds", "error", "traceback", "divergence",
                 "engine", "devices", "own_loss"):  # fmt: skip
        assert getattr(found, name) == getattr(result, name), name


def test_epochs_come_back_in_order_also_without_a_commit_between(logs: LogsFolder) -> None:
    run = a_run()
    store_results(logs, an_experiment(), [(run, None)])
    with Store.open(logs) as store:
        store.begin(an_experiment(), "again", {})
        store.started("toy", run.id, 1.0)
        rows = [EpochEnd(run.id, epoch, {"loss": math.nan if epoch else 0.1}, epoch) for epoch in range(12)]
        for row in rows:
            store.epoch("toy", row)
    reader = Store.read(logs)
    assert reader
    with reader:
        found = reader.epochs("toy", run.id)
    assert [row.epoch for row in found] == list(range(12))
    assert found[0] == rows[0]
    assert math.isnan(found[11].logs["loss"])


def test_undecodable_bytes_in_texts_are_escaped(logs: LogsFolder) -> None:
    experiment = replace(an_experiment(), path="\udcff.yaml")
    result = a_result(error="\ud800", traceback="é \udcff", status=Status.FAILED)
    store_results(logs, experiment, [(a_run(), result)])
    (found,) = stored(logs)
    assert (found.error, found.traceback) == ("\\ud800", "é \\udcff")
    assert found.made
    assert found.made.path == "\\udcff.yaml"


def test_starting_again_forgets_the_earlier_try(logs: LogsFolder) -> None:
    run = a_run()
    store_results(logs, an_experiment(), [(run, a_result(error="no", status=Status.FAILED, own_loss=True))])
    with Store.open(logs) as store:
        store.begin(an_experiment(), "again", {})
        store.epoch("toy", EpochEnd(run.id, 9, {"loss": 1.0}, 1.0))
        store.started("toy", run.id, 5.0)
        store.commit()
        (found,) = store.runs("toy")
        assert store.epochs("toy", run.id) == []
    assert (found.status, found.error, found.metrics, found.started) == (Status.RUNNING, None, {}, 5.0)
    assert not found.own_loss


def test_a_worker_that_died_leaves_the_epochs_and_seconds_that_the_store_knows(logs: LogsFolder) -> None:
    run = replace(a_run(), engine="compiled")
    store_results(logs, an_experiment(), [(run, None)])
    with Store.open(logs) as store:
        store.begin(an_experiment(), "again", {})
        store.started("toy", run.id, 5.0)
        store.epoch("toy", EpochEnd(run.id, 0, {"loss": 1.0}, 1.0))
        store.finished("toy", run.id, Result(Status.FAILED, error="the worker died"))
        (found,) = store.runs("toy")
    assert found.epochs == 1
    assert found.seconds > 0
    assert found.engine == "compiled"


def test_a_killed_driver_loses_nothing_that_was_committed(logs: LogsFolder) -> None:
    command = [sys.executable, "-c", DRIVER, str(logs.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as it:
        assert it.stdout
        assert it.stdout.readline() == "told\n"
        os.kill(it.pid, signal.SIGKILL)
    assert [run.status for run in stored(logs)] == [Status.DONE, Status.RUNNING, Status.PENDING]
    with Store.open(logs) as store:
        store.recover()
        found = [(run.status, run.epochs) for run in store.runs("toy")]
        assert found == [(Status.DONE, 3), (Status.INTERRUPTED, 1), (Status.PENDING, 0)]
        assert store.integrity() is None


def test_readers_see_what_is_committed_while_the_driver_writes(logs: LogsFolder) -> None:
    run = a_run()
    store_results(logs, an_experiment(), [(run, None)])
    with Store.open(logs) as store:
        store.begin(an_experiment(), "again", {})
        store.started("toy", run.id, 5.0)
        assert stored(logs)[0].status is Status.PENDING
        store.commit()
        assert stored(logs)[0].status is Status.RUNNING


def test_known_runs_keep_their_status_and_those_out_of_the_plan_stay_stored(logs: LogsFolder) -> None:
    first, second, third = (a_run(seed) for seed in range(3))
    store_results(logs, an_experiment(), [(first, a_result()), (second, a_result())])
    store_results(logs, an_experiment(), [(third, None), (second, None)])
    assert [(run.id, run.status) for run in stored(logs)] == [
        (third.id, Status.PENDING),
        (second.id, Status.DONE),
    ]
    everything = stored(logs, all_=True)
    assert [(run.id, run.planned) for run in everything] == [
        (third.id, True),
        (second.id, True),
        (first.id, False),
    ]
    with Store.open(logs) as store:
        assert store.statuses("toy")[first.id] is Status.DONE
        store.add([first, second, third])
    assert [run.id for run in stored(logs)] == [first.id, second.id, third.id]


def test_a_finished_run_keeps_the_name_of_its_folder(logs: LogsFolder) -> None:
    done, failed = a_run(0), a_run(1)
    results = [(done, a_result()), (failed, a_result(status=Status.FAILED))]
    store_results(logs, an_experiment(), results)
    renamed = [replace(run, name="new", axes={"epochs": 3}) for run, _ in results]
    with Store.open(logs) as store:
        store.add(renamed)
    assert [run.name for run in stored(logs)] == [done.name, "new"]
    assert [run.axes for run in stored(logs)] == [{"epochs": 3}, {"epochs": 3}]


def test_reset_makes_runs_pending_again(logs: LogsFolder) -> None:
    first, second = a_run(0), a_run(1)
    store_results(logs, an_experiment(), [(first, a_result()), (second, a_result())])
    with Store.open(logs) as store:
        store.reset("toy", [first.id, "unknown"])
        assert store.epochs("toy", first.id) == []
        assert len(store.epochs("toy", second.id)) == 3
    found, kept = stored(logs)
    assert (found.status, found.metrics, found.epochs, found.made) == (Status.PENDING, {}, 0, None)
    assert kept.status is Status.DONE


def test_each_run_knows_the_command_that_trained_it(logs: LogsFolder) -> None:
    first, second = a_run(0), a_run(1)
    store_results(logs, an_experiment(), [(first, a_result()), (second, None)])
    changed = replace(an_experiment(), text="name: toy\nseeds: 2\n", path="other.yaml")
    with Store.open(logs) as store:
        store.begin(an_experiment(), "nothing to do", {})
        store.begin(changed, "hpexp run other.yaml -s a=1", {"overrides": ["a=1"], "python": "3.12"})
        store.started("toy", second.id, 1.0)
        store.finished("toy", second.id, a_result())
        earlier, later = (run.made for run in store.runs("toy"))
    assert earlier
    assert (earlier.command, earlier.config, earlier.overrides) == ("hpexp run toy.yaml", "name: toy\n", ())
    assert later
    assert (later.command, later.path, later.config) == (
        "hpexp run other.yaml -s a=1",
        "other.yaml",
        "name: toy\nseeds: 2\n",
    )
    assert (later.overrides, later.facts["python"]) == (("a=1",), "3.12")


def test_experiments_are_counted_by_status(logs: LogsFolder) -> None:
    store_results(logs, an_experiment("b"), [(a_run(0, "b"), a_result()), (a_run(1, "b"), None)])
    store_results(logs, an_experiment("a"), [(a_run(0, "a"), a_result(status=Status.STOPPED))])
    with Store.open(logs) as store:
        found = store.experiments()
    assert [(each.name, dict(each.counts)) for each in found] == [
        ("a", {Status.STOPPED: 1}),
        ("b", {Status.DONE: 1, Status.PENDING: 1}),
    ]
    assert found[0].objective == an_experiment().objective
    assert (found[0].path, found[0].config) == ("a.yaml", "name: a\n")


@pytest.mark.parametrize(
    ("experiment", "ids", "left"),
    [
        (None, None, []),
        ("a", None, [("b", 0), ("b", 1)]),
        ("a", {0}, [("a", 1), ("b", 0), ("b", 1)]),
        (None, {0}, [("a", 1), ("b", 1)]),
    ],
)
def test_delete(
    logs: LogsFolder, experiment: str | None, ids: set[int] | None, left: list[tuple[str, int]]
) -> None:
    runs = {name: [a_run(seed, name) for seed in range(2)] for name in "ab"}
    for name in "ab":
        store_results(logs, an_experiment(name), [(run, a_result()) for run in runs[name]])
    chosen = None if ids is None else {runs[name][seed].id for name in "ab" for seed in ids}
    with Store.open(logs) as store:
        store.delete(experiment, chosen)
        assert [(run.experiment, run.seed) for run in store.runs(None)] == left
        assert [each.name for each in store.experiments()] == sorted({name for name, _ in left})
        for name in "ab":
            for run in runs[name]:
                assert len(store.epochs(name, run.id)) == (3 if (name, run.seed) in left else 0)
