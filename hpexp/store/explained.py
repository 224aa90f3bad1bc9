"""What an error of SQLite means for a person, and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpexp.errors import DamagedStoreError, NoSpaceError, StoreError
from hpexp.space import no_space, nothing_fits

WRITABLE = "is the log folder writable? --logs names another"


def move_away(path: Path) -> str:
    """What to do with a store that cannot be read."""
    return f"move {path.name} away and run the experiments again; event files are not affected"


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
            return DamagedStoreError(f"{path} is damaged: {error}", hint=move_away(path))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(f"{path} is in use by another program", hint="try again when that has ended")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR if nothing_fits(path.parent):
            return _no_space(path)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_IOERR:
            return StoreError(f"{path}: {error}", hint=WRITABLE)
    return StoreError(f"{path}: {error}")


def _no_space(path: Path) -> NoSpaceError:
    return NoSpaceError(f"{path}: {no_space(path.parent)}", hint="what was recorded before is kept")
