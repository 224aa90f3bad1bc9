from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hpexp.errors import ForeignStoreError, NoSpaceError, StoreError
from hpexp.messages import EpochEnd
from hpexp.model import Status
from hpexp.paths import LogsFolder
from hpexp.store import Store
from hpexp.store.database import Database
from hpexp.store.explained import translated
from tests.builders import a_result, a_run, an_experiment, store_results


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    folder = LogsFolder(tmp_path / "logs")
    store_results(folder, an_experiment(), [(a_run(seed), a_result()) for seed in range(3)])
    return folder


def forbid_sidecars(logs: LogsFolder) -> None:
    """As in a folder that cannot be written, also for root: the -shm file cannot be made."""
    logs.database.with_name("runs.db-shm").mkdir()


def database_rows(logs: LogsFolder, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(logs.database)) as connection:
        return connection.execute(sql).fetchall()


def test_reading_works_where_no_file_can_be_made(logs: LogsFolder) -> None:
    forbid_sidecars(logs)
    store = Store.read(logs)
    assert store
    with store:
        assert [run.status for run in store.runs("toy")] == [Status.DONE] * 3


def test_what_a_killed_driver_left_in_the_log_is_read_where_no_file_can_be_made(
    logs: LogsFolder, tmp_path: Path
) -> None:
    with Store.open(logs) as store:
        store.reset("toy", [a_run(0).id])
        store.commit()
        killed = LogsFolder(tmp_path / "killed")
        shutil.copytree(logs.root, killed.root)
    killed.database.with_name("runs.db-shm").unlink()
    forbid_sidecars(killed)
    reader = Store.read(killed)
    assert reader
    with reader:
        assert reader.statuses("toy")[a_run(0).id] is Status.PENDING


def test_reading_changes_nothing(logs: LogsFolder) -> None:
    before = logs.database.read_bytes()
    store = Store.read(logs)
    assert store
    with store:
        store.runs(None)
        with pytest.raises(StoreError, match="readonly") as caught:
            store.recover()
    assert caught.value.hint == "is the log folder writable? --logs names another"
    assert logs.database.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file") as caught:
        Store.open(LogsFolder(tmp_path / "file"))
    assert caught.value.hint == "is the log folder writable? --logs names another"


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket"])
@pytest.mark.parametrize("open_", [Store.open, Store.read])
def test_what_is_no_file_is_no_store(kind: str, open_, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    logs = LogsFolder(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        if kind == "folder":
            logs.database.mkdir()
        elif kind == "pipe":
            os.mkfifo(logs.database)
        else:
            server.bind(str(logs.database))
        with pytest.raises(
            ForeignStoreError, match=r"is (a folder|no file), not hpexp's run store"
        ) as caught:
            open_(logs)
    assert caught.value.hint == "move it away, or use another folder with --logs"


def test_a_full_disk_loses_nothing_that_was_committed(logs: LogsFolder) -> None:
    database = Database.for_writing(logs.database)
    (pages,) = database.rows("PRAGMA page_count")[0]
    database.rows(f"PRAGMA max_page_count = {pages}")
    runs = [a_run(seed, "big", text="x" * 100) for seed in range(1000)]
    full = pytest.raises(StoreError, match=r"no space left on device: free space in .*logs and run again")
    with full as caught, Store(database) as store:
        store.add(runs)
    assert caught.value.hint == "what was recorded before is kept"
    reader = Store.read(logs)
    assert reader
    with reader:
        assert list(reader.statuses("toy").values()) == [Status.DONE] * 3
        assert reader.statuses("big") == {}
        assert reader.integrity() is None


def test_what_runs_told_while_the_disk_was_full_is_committed_later(logs: LogsFolder) -> None:
    database = Database.for_writing(logs.database)
    runs = [a_run(seed, "big") for seed in range(300)]
    with Store(database) as store:
        store.begin(an_experiment("big"), "hpexp run big.yaml", {})
        store.add(runs)
        store.commit()
        (pages,) = database.rows("PRAGMA page_count")[0]
        database.rows(f"PRAGMA max_page_count = {pages}")
        for run in runs:
            store.started("big", run.id, 1.0)
            store.epoch("big", EpochEnd(run.id, 0, {"loss": 1.0}, 2.0))
            store.finished("big", run.id, a_result(traceback="x" * 200))
        store.epoch("big", EpochEnd(runs[0].id, 1, {"loss": 0.5}, 3.0))
        for _ in range(2):
            with pytest.raises(NoSpaceError):
                store.commit()
            store.shrink()
        assert len(store.unstored) == 300
        with pytest.raises(NoSpaceError):
            store.statuses("big")
        database.rows("PRAGMA max_page_count = 1000000")
        store.commit()
        assert store.unstored == ()
    reader = Store.read(logs)
    assert reader
    with reader:
        found = reader.runs("big")
        assert {run.status for run in found} == {Status.DONE}
        assert all(run.made and run.made.command == "hpexp run big.yaml" for run in found)
        assert [row.epoch for row in reader.epochs("big", runs[0].id)] == [0, 1]
        assert len(database_rows(logs, "SELECT * FROM invocations WHERE experiment = 'big'")) == 1


def test_a_quota_that_sqlite_calls_an_io_error(logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database.for_writing(logs.database)
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    with pytest.raises(StoreError, match="disk I/O error"), translated(logs.database):
        raise failed
    monkeypatch.setattr("hpexp.store.explained.nothing_fits", lambda folder: True)
    with pytest.raises(NoSpaceError), translated(logs.database):
        raise failed
    database.close()


@pytest.mark.parametrize("open_", [Store.open, Store.read])
def test_a_file_that_is_no_database_is_called_damaged(logs: LogsFolder, open_) -> None:  # type: ignore[no-untyped-def]
    logs.database.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(StoreError, match=r"runs\.db is damaged") as caught:
        open_(logs)
    assert "move runs.db away" in (caught.value.hint or "")


def test_damage_within_the_file_is_an_error_and_found_by_the_integrity_check(logs: LogsFolder) -> None:
    data = bytearray(logs.database.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    data[page:] = b"\xff" * (len(data) - page)
    logs.database.write_bytes(data)
    store = Store.read(logs)
    assert store
    with store:
        assert store.integrity()
        with pytest.raises(StoreError, match="damaged"):
            store.runs(None)


def test_a_damaged_value_is_an_error(logs: LogsFolder) -> None:
    connection = sqlite3.connect(logs.database)
    connection.execute("UPDATE runs SET metrics = '{oops'")
    connection.commit()
    connection.close()
    store = Store.read(logs)
    assert store
    with store, pytest.raises(StoreError, match="the run store is damaged"):
        store.runs(None)


def test_a_busy_database_is_an_error(logs: LogsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpexp.store.database._BUSY_SECONDS", 0.0)
    other = sqlite3.connect(logs.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with Store.open(logs) as store, pytest.raises(StoreError, match="in use by another program"):
        store.begin(an_experiment(), "hpexp run", {})
    other.close()
