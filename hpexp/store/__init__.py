"""The run store: one SQLite file a log folder, written by the driver alone.

`docs/store.md` describes the tables.
"""

from hpexp.store.records import Invocation, StoredExperiment, StoredRun
from hpexp.store.store import Store

__all__ = ["Invocation", "Store", "StoredExperiment", "StoredRun"]
