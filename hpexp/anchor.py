"""Whether the log folder, its store and its lock are still those that `hpexp run` began with.

People rename and delete folders while runs train. A path then leads elsewhere, and what is
written through it is lost, or falls among files of others; the open store does not notice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from hpexp.errors import LogsGoneError
from hpexp.paths import LogsFolder

_PERIOD = 0.02
"""Seconds between two looks, at least: thousands of runs may end in one."""


class Lost(Enum):
    """What is not at its path any more."""

    FOLDER = "folder"
    STORE = "store"
    LOCK = "lock"


class Anchor:
    """The device and inode of each; the caller holds the folder's lock and has its store open."""

    def __init__(self, logs: LogsFolder) -> None:
        self._logs = logs
        self._folder = os.open(logs.root, os.O_RDONLY | os.O_DIRECTORY)
        self._known = {path: _identity(path) for path in (logs.root, logs.database, logs.lock)}
        self._next = 0.0
        self.lost: Lost | None = None

    @classmethod
    @contextmanager
    def hold(cls, logs: LogsFolder) -> Iterator[Anchor]:
        """An anchor for as long as it is entered."""
        anchor = cls(logs)
        try:
            yield anchor
        finally:
            os.close(anchor._folder)

    def check(self, *, now: bool = False) -> None:
        """Look whether all is in its place; some times a second, unless `now`.

        Raises:
            LogsGoneError: something is not.
        """
        began = time.monotonic()
        if self.lost is None and (now or began >= self._next):
            self._next = began + _PERIOD
            self.lost = self._look()
        if self.lost is not None:
            raise LogsGoneError(f"the {self.lost.value} of {self._logs.root} is another one, or gone")

    def folder_now(self) -> Path | None:
        """Where the log folder is now; None where it was deleted, or this system cannot tell."""
        try:
            place = Path(f"/proc/self/fd/{self._folder}").readlink()
            return place if os.path.samestat(place.stat(), os.fstat(self._folder)) else None
        except OSError:
            return None

    def _look(self) -> Lost | None:
        for (path, known), lost in zip(self._known.items(), Lost, strict=True):
            if _identity(path) != known:
                return lost
        return None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
