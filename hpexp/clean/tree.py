"""What lies in a log folder, as far as hpexp could have written it. Links are never followed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hpexp.events.mark import read_mark
from hpexp.paths import EXPERIMENT_EVENTS, INTERNAL, PARTS, RUN_EVENTS


@dataclass(frozen=True, slots=True)
class Tree:
    """One folder. `files` maps names to sizes in bytes.

    `folders` holds those that were looked into; `others` names links, other folders and what else there is.
    """

    files: dict[str, int] = field(default_factory=dict)
    folders: dict[str, Tree] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    marks: dict[str, str | None] = field(default_factory=dict)
    """Of files named like event files of hpexp: the writer each names, as `read_mark` gives it."""


def look(root: Path, is_run: Callable[[str, str], bool]) -> Tree:
    """The log folder down to the files of runs.

    `is_run(experiment, folder)` tells which folders to enter. A log folder that is not
    there, or cannot be read, is empty.
    """

    def enter(name: str) -> Tree | None:
        return _all(root / name) if name == INTERNAL else _experiment(root, name, is_run)

    return _folder(root, enter) or Tree()


def _experiment(root: Path, experiment: str, is_run: Callable[[str, str], bool]) -> Tree | None:
    folder = root / experiment
    return _folder(
        folder, lambda name: _run(folder / name) if is_run(experiment, name) else None, EXPERIMENT_EVENTS
    )


def _run(folder: Path) -> Tree | None:
    return _folder(folder, lambda name: _folder(folder / name, _no, RUN_EVENTS) if name in PARTS else None)


def _all(folder: Path) -> Tree | None:
    return _folder(folder, lambda name: _all(folder / name))


def _no(name: str) -> None:
    return None


def _folder(
    folder: Path, enter: Callable[[str], Tree | None], events: re.Pattern[str] | None = None
) -> Tree | None:
    files: dict[str, int] = {}
    marks: dict[str, str | None] = {}
    folders: dict[str, Tree] = {}
    others: list[str] = []
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            facts = entry.stat(follow_symlinks=False)
            inside = enter(entry.name) if stat.S_ISDIR(facts.st_mode) else None
            if inside is not None:
                folders[entry.name] = inside
            elif stat.S_ISREG(facts.st_mode):
                files[entry.name] = facts.st_size
                if events is not None and events.fullmatch(entry.name):
                    marks[entry.name] = read_mark(entry.path)
            else:
                others.append(entry.name)
    except OSError:
        return None
    return Tree(files, folders, tuple(others), marks)
