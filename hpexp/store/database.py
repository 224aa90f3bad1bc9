"""SQLite as the store uses it: opening, reading, writing.

Nothing here knows the tables' meaning.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hpexp.errors import StoreError
from hpexp.store import schema
from hpexp.store.explained import translated
from hpexp.store.file import create, is_there, named_when_whole

Values: TypeAlias = Sequence[object] | Mapping[str, object]

_BUSY_SECONDS = 10.0
_CANNOT_OPEN = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
)
"""Also what a full disk gives: reading in WAL mode needs two files beside the database."""


class Database:
    """An open store. Every method raises StoreError alone."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def for_writing(cls, path: Path) -> Database:
        """Open, create or migrate the file at `path`."""
        with translated(path):
            if not is_there(path):
                create(path)
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                schema.check(connection, path)
                connection.execute("PRAGMA journal_mode = WAL")
                # With WAL, NORMAL loses no committed row when a process is killed; after a
                # power cut the last moments may be missing, and those runs are trained again.
                connection.execute("PRAGMA synchronous = NORMAL")
                schema.migrate(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    @classmethod
    def for_reading(cls, path: Path) -> Database | None:
        """Open the file without changing it; None where there is none."""
        if not is_there(path):
            return None
        with translated(path):
            connection = _read_only(path)
            try:
                found = schema.check(connection, path)
                if found < schema.VERSION:
                    connection = _in_memory(connection)
                    schema.migrate(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    def rows(self, sql: str, values: Values = ()) -> list[Any]:
        """The rows of a query, as tuples."""
        with translated(self._path):
            return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: Values = ()) -> int:
        """Execute one statement in the open transaction; returns the last row's number."""
        with translated(self._path):
            self._begin()
            return self._connection.execute(sql, values).lastrowid or 0

    def write_many(self, sql: str, rows: Iterable[Values]) -> None:
        """Execute one statement for each of `rows` in the open transaction."""
        with translated(self._path):
            self._begin()
            self._connection.executemany(sql, rows)

    def commit(self) -> None:
        """End the open transaction, if there is one."""
        with translated(self._path):
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Drop the open transaction; SQLite may have done so already."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def shrink(self) -> None:
        """Give the space of the write-ahead log back, where there is space to do it in."""
        log = self._path.with_name(self._path.name + "-wal")
        # One that is cut short takes space and gives none.
        with suppress(sqlite3.Error, OSError):
            if log.stat().st_size <= shutil.disk_usage(self._path.parent).free:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def compact(self) -> None:
        """Give the space of deleted rows back, where there is room to do it."""
        self.commit()
        try:
            self._connection.execute("VACUUM")
        except sqlite3.OperationalError:
            # It needs as much space again; a full disk is the very reason to delete.
            return

    def copy_to(self, path: Path) -> None:
        """A copy under a name that is free; the open file may have lost its own."""
        with translated(path), named_when_whole(path) as copy:
            self._connection.backup(copy)

    def integrity(self) -> str | None:
        """What `PRAGMA integrity_check` finds wrong, or None."""
        try:
            found = [str(row[0]) for row in self.rows("PRAGMA integrity_check(5)")]
        except StoreError as error:
            return str(error)
        return None if found == ["ok"] else "; ".join(found)

    def close(self) -> None:
        """Close; what is not committed is dropped."""
        with translated(self._path):
            self._connection.close()

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")


def _read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, also where the folder cannot be written.

    Reading in WAL mode needs two files beside the database. Where they cannot be made,
    nobody writes either, so that the file can be taken as it is; rows that a killed
    driver left in the write-ahead log are read from a copy.
    """
    try:
        return _usable(f"{path.absolute().as_uri()}?mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _CANNOT_OPEN:
            raise
    log = path.with_name(path.name + "-wal")
    if not log.is_file() or not log.stat().st_size:
        return _usable(f"{path.absolute().as_uri()}?immutable=1")
    try:
        with TemporaryDirectory(prefix="hpexp-store-") as folder:
            copy = Path(folder) / path.name
            shutil.copyfile(path, copy)
            shutil.copyfile(log, copy.with_name(log.name))
            return _in_memory(_usable(copy.as_uri()))
    except OSError as error:
        raise StoreError(f"{path} cannot be copied to be read: {error.strerror}") from error


def _usable(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except BaseException:
        connection.close()
        raise
    return connection


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy in memory; closes the original."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.backup(copy)
    except BaseException:
        copy.close()
        raise
    finally:
        connection.close()
    return copy
