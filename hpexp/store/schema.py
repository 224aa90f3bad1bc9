"""The tables, as the steps that lead from each version of the store to the next.

`PRAGMA user_version` counts the steps a store has taken. A step that has been released
is never edited; a change is a new step at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hpexp import __version__
from hpexp.errors import ForeignStoreError, NewerStoreError

APPLICATION = int.from_bytes(b"hpex", "big")
"""SQLite's `application_id` of every store since version 3: what proves that a file is hpexp's."""

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE experiments (
        name TEXT PRIMARY KEY,
        description TEXT NOT NULL,
        path TEXT NOT NULL,
        config TEXT NOT NULL,
        metric TEXT NOT NULL,
        mode TEXT NOT NULL,
        smoke INTEGER NOT NULL,
        updated REAL NOT NULL
    );
    CREATE TABLE invocations (
        id INTEGER PRIMARY KEY,
        experiment TEXT NOT NULL,
        time REAL NOT NULL,
        command TEXT NOT NULL,
        path TEXT NOT NULL,
        config TEXT NOT NULL,
        facts TEXT NOT NULL
    );
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        experiment TEXT NOT NULL,
        id TEXT NOT NULL,
        planned INTEGER NOT NULL,
        position INTEGER NOT NULL,
        point TEXT NOT NULL,
        name TEXT NOT NULL,
        params TEXT NOT NULL,
        axes TEXT NOT NULL,
        seed INTEGER NOT NULL,
        engine TEXT NOT NULL,
        status TEXT NOT NULL,
        epochs INTEGER NOT NULL DEFAULT 0,
        best_epoch INTEGER,
        metrics TEXT NOT NULL DEFAULT '{}',
        test TEXT NOT NULL DEFAULT '{}',
        seconds REAL NOT NULL DEFAULT 0,
        error TEXT,
        traceback TEXT,
        divergence TEXT,
        devices TEXT NOT NULL DEFAULT '',
        started REAL,
        finished REAL,
        invocation INTEGER,
        UNIQUE (experiment, id)
    );
    CREATE TABLE epochs (
        run INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        time REAL NOT NULL,
        logs TEXT NOT NULL,
        PRIMARY KEY (run, epoch)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE experiments ADD COLUMN epoch TEXT NOT NULL DEFAULT 'best';
    ALTER TABLE runs ADD COLUMN repeat INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE data (
        experiment TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        summary TEXT NOT NULL,
        PRIMARY KEY (experiment, repeat)
    ) WITHOUT ROWID;
    """,
    f"""
    PRAGMA application_id = {APPLICATION};
    ALTER TABLE runs ADD COLUMN files TEXT NOT NULL DEFAULT '{{}}';
    """,
    """
    ALTER TABLE runs ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
    CREATE TABLE reads (
        experiment TEXT NOT NULL,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (experiment, path)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE programs (
        id INTEGER PRIMARY KEY,
        lanes TEXT NOT NULL,
        threads INTEGER NOT NULL,
        xla INTEGER NOT NULL,
        "left" TEXT NOT NULL,
        resumed INTEGER NOT NULL
    );
    ALTER TABLE runs ADD COLUMN program INTEGER;
    """,
    """
    ALTER TABLE runs ADD COLUMN engine_reason TEXT NOT NULL DEFAULT '';
    CREATE TABLE verdicts (
        experiment TEXT NOT NULL,
        proof TEXT NOT NULL,
        versions TEXT NOT NULL,
        model TEXT NOT NULL,
        way TEXT NOT NULL,
        xla INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (experiment, proof)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE data RENAME TO old_data;
    CREATE TABLE data (
        experiment TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        summary TEXT NOT NULL,
        PRIMARY KEY (experiment, fingerprint, repeat)
    ) WITHOUT ROWID;
    INSERT INTO data SELECT experiment, fingerprint, repeat, summary FROM old_data JOIN (
        SELECT experiment, repeat, max(fingerprint) AS fingerprint FROM runs
        WHERE status IN ('done', 'stopped', 'diverged')
        GROUP BY experiment, repeat HAVING count(DISTINCT fingerprint) = 1
    ) USING (experiment, repeat);
    DROP TABLE old_data;
    ALTER TABLE reads RENAME TO old_reads;
    CREATE TABLE reads (
        experiment TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (experiment, fingerprint, path)
    ) WITHOUT ROWID;
    INSERT INTO reads SELECT experiment, fingerprint, path, size, modified, digest FROM old_reads JOIN (
        SELECT DISTINCT experiment, fingerprint FROM runs
        WHERE planned AND status IN ('done', 'stopped', 'diverged')
    ) USING (experiment);
    DROP TABLE old_reads;
    """,
    """
    ALTER TABLE runs ADD COLUMN own_loss INTEGER NOT NULL DEFAULT 0;
    """,
)
VERSION = len(STEPS)

HEADER = 100
"""Bytes of a database's header."""
_TABLES = frozenset(("experiments", "invocations", "runs", "epochs"))
"""What proves a store of a version without `application_id`."""
_UNMARKED = 2
"""The last version without."""


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps the store has taken."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, path: Path) -> int:
    """The store's version.

    Raises:
        NewerStoreError: a newer hpexp wrote it.
        ForeignStoreError: it is not hpexp's.
    """
    found = version_of(connection)
    if not _ours(connection, found):
        raise foreign(path)
    if found > VERSION:
        raise NewerStoreError(
            f"{path} was written by a newer hpexp: it has store version {found}, "
            f"and this hpexp ({__version__}) knows versions up to {VERSION}",
            hint="install the newer hpexp, or use another folder with --logs",
        )
    return found


def foreign(path: Path) -> ForeignStoreError:
    return ForeignStoreError(f"{path} is not hpexp's run store", hint="use another folder with --logs")


def may_be_ours(header: bytes) -> bool:
    """Whether a database that begins so can be hpexp's.

    Opening one of another program, even to read, may leave a file beside it. Offsets: "The
    Database Header", sqlite.org/fileformat2.html.
    """
    version, mark = header[60:64], header[68:72]
    if mark == APPLICATION.to_bytes(4, "big"):
        return True
    return mark == bytes(4) and 1 <= int.from_bytes(version, "big") <= _UNMARKED


def _ours(connection: sqlite3.Connection, version: int) -> bool:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    if mark == APPLICATION:
        return True
    if mark or version > _UNMARKED:
        return False
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")} >= _TABLES


def migrate(connection: sqlite3.Connection, steps: Sequence[str] = STEPS) -> None:
    """Take the steps that the store has not taken, all or none of each."""
    for number in range(version_of(connection), len(steps)):
        script = f"BEGIN IMMEDIATE; {steps[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
        try:
            connection.executescript(script)
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
