"""Which folders are runs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hpexp.clean.tree import Tree
from hpexp.paths import RUN_EVENTS, RUN_FILES

RUN_FOLDER = re.compile(r"[^=]+=.*-(?:[0-9a-f]{6}|[0-9a-f]{12})", re.DOTALL)


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
