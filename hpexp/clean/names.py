"""What hpexp's files and folders are called."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hpexp.clean.tree import Tree

_EVENTS = r"events\.out\.tfevents\.\d{10,}\..+\.\d+\.\d+"
RUN_EVENTS = re.compile(_EVENTS)
"""Names of hpexp's event files; those that TensorFlow writes end in `.v2`."""
EXPERIMENT_EVENTS = re.compile(_EVENTS + r"\.[0-9a-f]{12}|\.writing-\d+")
"""Names of an experiment's own event file, and of one that a killed hpexp left half written."""
RUN_FOLDER = re.compile(r"[^=]+=.*-(?:[0-9a-f]{6}|[0-9a-f]{12})", re.DOTALL)
RUN_FILES = ("log.txt", "model.keras")
DATABASE = ("runs.db", "runs.db-wal", "runs.db-shm", "runs.db-journal")


def may_be_run(names: Mapping[str, set[str]], experiment: str, folder: str) -> bool:
    """Whether a folder is a stored run's, or named like one."""
    return folder in names.get(experiment, ()) or RUN_FOLDER.fullmatch(folder) is not None


def holds_only_a_run(tree: Tree) -> bool:
    """Whether a folder named like a run's holds nothing but what a run's folder holds."""
    return (
        not tree.others
        and all(name in RUN_FILES for name in tree.files)
        and all(
            not part.others and not part.folders and all(map(RUN_EVENTS.fullmatch, part.files))
            for part in tree.folders.values()
        )
    )
