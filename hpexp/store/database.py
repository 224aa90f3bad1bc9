"""SQLite as the store uses it: opening, and errors that say what to do.

Nothing here knows the tables' meaning.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hpexp.errors import DamagedStoreError, ForeignStoreError, NoSpaceError, StoreError
from hpexp.paths import INTERNAL
from hpexp.space import no_space, nothing_fits
from hpexp.store import schema

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
            if not _is_there(path):
                _create(path)
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
        if not _is_there(path):
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
        with translated(path), _named_when_whole(path) as copy:
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


_WRITABLE = "is the log folder writable? --logs names another"
_MAGIC = b"SQLite format 3\0"


def _is_there(path: Path) -> bool:
    """Whether there is a file to open as a store.

    Raises:
        ForeignStoreError: it is a folder, a pipe, or a file that SQLite did not write.
        DamagedStoreError: it is empty. A new store gets its name when its tables are there.
    """
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            what = "a folder" if stat.S_ISDIR(kind) else "no file"
            raise ForeignStoreError(f"{path} is {what}, not hpexp's run store", hint=_ANOTHER)
        with path.open("rb") as file:
            start = file.read(schema.HEADER)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", hint=_WRITABLE) from error
    if not start:
        raise DamagedStoreError(f"{path} is damaged: it is empty", hint=_aside(path))
    if not start.startswith(_MAGIC):
        raise ForeignStoreError(
            f"{path} is damaged, or not hpexp's run store: SQLite did not write it", hint=_aside(path)
        )
    if not schema.may_be_ours(start):
        raise schema.foreign(path)
    return True


def _create(path: Path) -> None:
    """A store without rows."""
    with _named_when_whole(path) as connection:
        schema.migrate(connection)


@contextmanager
def _named_when_whole(path: Path) -> Iterator[sqlite3.Connection]:
    """A new database that gets its name at the end, so that a killed driver leaves no half of one.

    Raises:
        StoreError: something lies at `path`, or the folder cannot be written.
    """
    aside = path.parent / INTERNAL / "runs.db.new"
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            yield connection
        _rename(aside, path)
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror}", hint=_WRITABLE) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def _rename(aside: Path, path: Path) -> None:
    """Unlike `replace`, spare what has come to `path` meanwhile."""
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        aside.replace(path)


def _aside(path: Path) -> str:
    return f"move {path.name} away and run the experiments again; event files are not affected"


_ANOTHER = "move it away, or use another folder with --logs"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    # The low byte is the error's class; the rest says more than a person needs.
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return _no_space(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DamagedStoreError(f"{path} is damaged: {error}", hint=_aside(path))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(f"{path} is in use by another program", hint="try again when that has ended")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR if nothing_fits(path.parent):
            return _no_space(path)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_IOERR:
            return StoreError(f"{path}: {error}", hint=_WRITABLE)
    return StoreError(f"{path}: {error}")


def _no_space(path: Path) -> NoSpaceError:
    return NoSpaceError(f"{path}: {no_space(path.parent)}", hint="what was recorded before is kept")


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
