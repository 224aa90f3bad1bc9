"""The file of a store: whether it is there and may be hpexp's, and a new one that is whole or not there."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from hpexp.errors import DamagedStoreError, ForeignStoreError, StoreError
from hpexp.paths import INTERNAL, NEW_DATABASE
from hpexp.store import schema
from hpexp.store.explained import WRITABLE, move_away

_MAGIC = b"SQLite format 3\0"
_ANOTHER = "move it away, or use another folder with --logs"


def is_there(path: Path) -> bool:
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
        raise StoreError(f"{path}: {error.strerror}", hint=WRITABLE) from error
    if not start:
        raise DamagedStoreError(f"{path} is damaged: it is empty", hint=move_away(path))
    if not start.startswith(_MAGIC):
        raise ForeignStoreError(
            f"{path} is damaged, or not hpexp's run store: SQLite did not write it", hint=move_away(path)
        )
    if not schema.may_be_ours(start):
        raise schema.foreign(path)
    return True


def create(path: Path) -> None:
    """A store without rows."""
    with named_when_whole(path) as connection:
        schema.migrate(connection)


@contextmanager
def named_when_whole(path: Path) -> Iterator[sqlite3.Connection]:
    """A new database that gets its name at the end, so that a killed driver leaves no half of one.

    Raises:
        StoreError: something lies at `path`, or the folder cannot be written.
    """
    aside = path.parent / INTERNAL / NEW_DATABASE
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            yield connection
        _rename(aside, path)
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror}", hint=WRITABLE) from error
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
