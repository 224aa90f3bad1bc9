"""What is hpexp's: by the store, or by the mark in hpexp's event files; never by a name alone.

Below `.hpexp`, which hpexp made, a list of names decides, file by file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from hpexp.events.file import own_files
from hpexp.events.mark import mark, read_mark
from hpexp.paths import CHECKPOINT_FILES, NEW_DATABASE, PARTS, RUN_EVENTS

RUN_FOLDER = re.compile(r"[^=]+=.*-(?:[0-9a-f]{6}|[0-9a-f]{12})", re.DOTALL)
"""How hpexp names runs' folders. It proves nothing, and is why one that stays is told of."""

NOTES = ("lock", "reserve", NEW_DATABASE)
"""hpexp's files in `.hpexp` itself."""
CHECKPOINT_FOLDER = re.compile(r"[0-9a-f]{12}")


def runs_finder(root: Path, stored: Mapping[str, set[str]]) -> Callable[[str, str], bool]:
    """Tells whether `(experiment, folder)` below `root` is a stored run, or bears the mark of one."""

    def is_run(experiment: str, folder: str) -> bool:
        if folder in stored.get(experiment, ()):
            return True
        expected = mark(experiment, folder)
        events = (file for part in PARTS for file in _events(root / experiment / folder / part))
        return any(read_mark(file) == expected for file in events)

    return is_run


def is_note(folder: str, name: str, experiments: set[str]) -> bool:
    """Whether `.hpexp/FOLDER/NAME` is hpexp's, with these experiments in the log folder."""
    match folder.partition("/"):
        case ("", _, _):
            return name in NOTES
        case ("hparams", _, ""):
            stem, _, number = name.removeprefix(".").rpartition("-")
            return name.removesuffix(".json") in experiments or (
                name.startswith(".") and stem in experiments and number.isdecimal()
            )
        case ("checkpoints", _, run_id):
            return CHECKPOINT_FOLDER.fullmatch(run_id) is not None and name in CHECKPOINT_FILES
    return False


def _events(folder: Path) -> list[Path]:
    try:
        return [] if folder.is_symlink() else own_files(folder, RUN_EVENTS)
    except OSError:
        return []
