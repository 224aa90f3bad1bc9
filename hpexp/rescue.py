"""What can still be saved when the log folder or its store was taken from under a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hpexp.anchor import Anchor, Lost
from hpexp.errors import LogsGoneError, StoreError
from hpexp.paths import LogsFolder, rescued_database
from hpexp.store import Store
from hpexp.text import counted

_AGAIN = "give the same command again; it goes on from there"


@contextmanager
def rescuing(store: Store, logs: LogsFolder, anchor: Anchor) -> Iterator[None]:
    """Inside, the logs may go: whatever error that shows as, results are saved and it is said.

    Raises:
        LogsGoneError: they went.
    """
    try:
        yield
    except StoreError as error:
        with suppress(LogsGoneError):
            anchor.check(now=True)
        if anchor.lost is None:
            raise
        raise rescue(store, logs, anchor) from error


def rescue(store: Store, logs: LogsFolder, anchor: Anchor) -> LogsGoneError:
    """Save the results, and say what happened; the open store still holds them all.

    Raises:
        StoreError: they could not be written.
    """
    store.commit()
    count = sum(run.status.finished for run in store.runs(None, all_=True))
    results = counted(count, "result")
    if anchor.lost is Lost.FOLDER:
        return _folder(logs, anchor, results)
    if anchor.lost is Lost.LOCK:
        what = f"{logs.lock} was deleted or replaced while runs were trained: another hpexp could write here"
        return LogsGoneError(f"{what}; training was stopped, {results} are stored", hint=_AGAIN)
    if not os.path.lexists(logs.database):
        store.copy_to(logs.database)
        what = f"{logs.database} was deleted while runs were trained"
        return LogsGoneError(
            f"{what}; it was written again, with {results}, and training was stopped", hint=_AGAIN
        )
    aside = rescued_database(logs)
    store.copy_to(aside)
    what = f"{logs.database} was replaced while runs were trained"
    hint = f"put the right one in its place ({aside.name} is as this command left it), then {_AGAIN}"
    return LogsGoneError(f"{what}; {results} are in {aside}, and training was stopped", hint=hint)


def _folder(logs: LogsFolder, anchor: Anchor, results: str) -> LogsGoneError:
    place = anchor.folder_now()
    if place is None:
        what = f"{logs.root} was deleted while runs were trained"
        return LogsGoneError(f"{what}; {results} went with it, and training was stopped")
    what = f"{logs.root} was moved to {place} while runs were trained"
    hint = f"move it back, or go on there with --logs {place}"
    return LogsGoneError(f"{what}; {results} are stored there, and training was stopped", hint=hint)
