"""What the store says of a log folder, and whether the store itself is hpexp's to delete."""

from __future__ import annotations

import os
from dataclasses import dataclass

from hpexp.clean.doomed import Known
from hpexp.errors import DamagedStoreError, ForeignStoreError, NewerStoreError
from hpexp.lock import holder
from hpexp.model import Status
from hpexp.paths import LogsFolder


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored runs; none where the store cannot be read.

    `database` tells whether what lies at `runs.db` is hpexp's, `unread` what keeps it from
    being read where it is.
    """

    runs: tuple[Known, ...] = ()
    database: bool = False
    unread: DamagedStoreError | NewerStoreError | None = None


def stored(logs: LogsFolder) -> Stored:
    """Read the store.

    Raises:
        StoreError: it is hpexp's, sound, and cannot be read now.
    """
    from hpexp.store import Store

    # What a killed run left as running has been interrupted.
    found = holder(logs)
    going_on = found is not None and found.pid != os.getpid()
    try:
        store = Store.read(logs)
        if store is None:
            return Stored()
        with store:
            runs = [
                Known(
                    run.experiment,
                    run.id,
                    run.name,
                    Status.INTERRUPTED if run.status is Status.RUNNING and not going_on else run.status,
                    run.finished or run.started,
                )
                for run in store.runs(None, all_=True)
            ]
    except ForeignStoreError:
        return Stored()
    except (DamagedStoreError, NewerStoreError) as error:
        return Stored(database=True, unread=error)
    return Stored(tuple(runs), database=True)
