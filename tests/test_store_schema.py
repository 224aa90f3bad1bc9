from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hpexp.errors import StoreError
from hpexp.model import Status
from hpexp.paths import LogsFolder
from hpexp.store import Store, schema
from tests.builders import a_result, a_run, an_experiment

VERSION_1 = Path(__file__).parent / "data" / "store-1.sql"
"""A store of version 1, as text. It stays as it is, whatever later versions look like."""


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    return LogsFolder(tmp_path)


@pytest.fixture
def old(logs: LogsFolder) -> LogsFolder:
    connection = sqlite3.connect(logs.database)
    connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    connection.close()
    return logs


def version(logs: LogsFolder) -> int:
    connection = sqlite3.connect(logs.database)
    found = schema.version_of(connection)
    connection.close()
    return found


def check_version_1(store: Store) -> None:
    (experiment,) = store.experiments()
    assert (experiment.name, experiment.objective.metric) == ("toy", "val_accuracy")
    done, pending = store.runs("toy")
    assert (done.status, done.params["hidden"], done.metrics["val_accuracy"]) == (Status.DONE, (8, 4), 0.75)
    assert pending.status is Status.PENDING
    assert [row.logs["val_accuracy"] for row in store.epochs("toy", done.id)] == [0.5, 0.75]
    assert done.made
    assert done.made.command == "hpexp run toy.yaml"


def test_a_store_of_version_1_is_read_as_it_is(old: LogsFolder) -> None:
    store = Store.read(old)
    assert store
    with store:
        check_version_1(store)
    assert version(old) == 1


def test_a_store_of_version_1_is_brought_up_to_date_and_written(old: LogsFolder) -> None:
    with Store.open(old) as store:
        check_version_1(store)
        run = a_run()
        store.begin(an_experiment("new"), "hpexp run new.yaml", {})
        store.add([a_run(0, "new")])
        run = a_run(0, "new")
        store.started("new", run.id, 1.0)
        store.finished("new", run.id, a_result())
        assert store.statuses("new") == {run.id: Status.DONE}
    assert version(old) == schema.VERSION


def test_steps_not_taken_yet_are_taken_in_order(old: LogsFolder) -> None:
    steps = (*schema.STEPS[:1], "ALTER TABLE runs ADD COLUMN mood TEXT", "UPDATE runs SET mood = 'well'")
    connection = sqlite3.connect(old.database, isolation_level=None)
    schema.migrate(connection, steps)
    assert schema.version_of(connection) == 3
    assert connection.execute("SELECT DISTINCT mood FROM runs").fetchall() == [("well",)]
    connection.close()


def test_a_step_that_fails_changes_nothing(old: LogsFolder) -> None:
    steps = (*schema.STEPS[:1], "ALTER TABLE runs ADD COLUMN mood TEXT; INSERT INTO nowhere VALUES (1)")
    connection = sqlite3.connect(old.database, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        schema.migrate(connection, steps)
    assert schema.version_of(connection) == 1
    assert "mood" not in [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    connection.close()


@pytest.mark.parametrize("open_", [Store.open, Store.read])
def test_a_store_of_a_newer_hpexp_is_refused_and_both_versions_named(logs: LogsFolder, open_) -> None:  # type: ignore[no-untyped-def]
    connection = sqlite3.connect(logs.database)
    connection.execute("PRAGMA user_version = 99")
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
    connection.execute("CREATE TABLE runs (id)")
    connection.close()
    with pytest.raises(StoreError, match=rf"store version 99, .* versions up to {schema.VERSION}$") as caught:
        open_(logs)
    assert caught.value.exit_code == 1
    assert caught.value.hint == "install the newer hpexp, or use another folder with --logs"


@pytest.mark.parametrize("theirs", [0, 1, 99])
@pytest.mark.parametrize("open_", [Store.open, Store.read])
def test_another_programs_database_is_left_alone(logs: LogsFolder, open_, theirs: int) -> None:  # type: ignore[no-untyped-def]
    connection = sqlite3.connect(logs.database)
    connection.execute("CREATE TABLE runs (theirs)")
    connection.execute(f"PRAGMA user_version = {theirs}")
    connection.close()
    before = logs.database.read_bytes()
    with pytest.raises(StoreError, match="is not hpexp's run store"):
        open_(logs)
    assert logs.database.read_bytes() == before


def test_what_was_known_of_data_goes_to_the_runs_that_it_can_be_of(logs: LogsFolder) -> None:
    """Of an experiment whose runs were trained on several data, nobody knows whose the summary is."""
    connection = sqlite3.connect(logs.database, isolation_level=None)
    schema.migrate(connection, schema.STEPS[:6])
    put = (
        "INSERT INTO runs (experiment, id, fingerprint, planned, repeat, position, point, name, params, axes,"
        " seed, engine, status) VALUES (?, ?, ?, ?, ?, 0, '', '', '{}', '{}', 0, 'fit', ?)"
    )
    for row in (
        ("one", "a", "f0", True, 0, "done"),
        ("one", "b", "f1", True, 1, "done"),
        ("one", "c", "", True, 1, "pending"),
        ("two", "d", "f2", True, 0, "done"),
        ("two", "e", "f3", False, 0, "done"),
    ):
        connection.execute(put, row)
    for name, repeat in (("one", 0), ("one", 1), ("two", 0)):
        summary = f'{{"task":"{name} {repeat}","examples":{{}},"classes":[],"counts":{{}},"baselines":[]}}'
        connection.execute("INSERT INTO data VALUES (?, ?, ?)", (name, repeat, summary))
        connection.execute("INSERT OR REPLACE INTO reads VALUES (?, 'file', 1, 2, 'digest')", (name,))
    connection.close()
    with Store.open(logs) as store:
        known = {run.id: run.data and run.data.task for run in store.runs(None, all_=True)}
        assert known == {"a": "one 0", "b": "one 1", "c": None, "d": None, "e": None}
        for name, fingerprint in (("one", "f0"), ("one", "f1"), ("two", "f2")):
            assert [file.path for file in store.reads(name, {fingerprint})] == ["file"]
        assert store.reads("two", {"f3"}) == []
