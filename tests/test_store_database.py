from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from hpexp.errors import StoreError
from hpexp.model import Status
from hpexp.paths import LogsFolder
from hpexp.store import Store
from hpexp.store.database import Database
from tests.builders import a_result, a_run, an_experiment, store_results


@pytest.fixture
def logs(tmp_path: Path) -> LogsFolder:
    folder = LogsFolder(tmp_path / "logs")
    store_results(folder, an_experiment(), [(a_run(seed), a_result()) for seed in range(3)])
    return folder


def forbid_sidecars(logs: LogsFolder) -> None:
    """As in a folder that cannot be written, also for root: the -shm file cannot be made."""
    logs.database.with_name("runs.db-shm").mkdir()


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


def test_a_database_that_cannot_be_opened_is_an_error_with_a_hint(tmp_path: Path) -> None:
    logs = LogsFolder(tmp_path)
    logs.database.mkdir()
    for open_ in (Store.open, Store.read):
        with pytest.raises(StoreError, match=r"runs\.db") as caught:
            open_(logs)
        assert caught.value.hint == "is the log folder writable? --logs names another"


def test_a_full_disk_loses_nothing_that_was_committed(logs: LogsFolder) -> None:
    database = Database.for_writing(logs.database)
    (pages,) = database.rows("PRAGMA page_count")[0]
    database.rows(f"PRAGMA max_page_count = {pages}")
    runs = [a_run(seed, "big", text="x" * 100) for seed in range(1000)]
    full = pytest.raises(StoreError, match="the disk is full; what was recorded before is kept")
    with full as caught, Store(database) as store:
        store.add(runs)
    assert caught.value.hint == "make room, then give the same command again; it goes on from there"
    reader = Store.read(logs)
    assert reader
    with reader:
        assert list(reader.statuses("toy").values()) == [Status.DONE] * 3
        assert reader.statuses("big") == {}
        assert reader.integrity() is None


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
