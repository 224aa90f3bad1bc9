"""Space kept aside in a log folder, so that a failure can be written down when the disk is full.

The reserve is a file of zeros, there while `hpexp run` works. A killed driver leaves it
behind; the next `hpexp run` or `hpexp clean` removes it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hpexp.paths import LogsFolder
from hpexp.space import nothing_fits

SIZE = 4 << 20
"""Bytes: the rows and logs of some hundred failed runs."""
SMALLEST = 1 << 16
"""Bytes; less does not help SQLite."""
SHARE = 4
"""The reserve takes at most one part in so many of the free space: on a small disk runs come first."""
LOOK_SECONDS = 2.0


class Reserve:
    """The reserve of one log folder, whose lock the caller holds. None of its methods raises OSError."""

    def __init__(self, logs: LogsFolder) -> None:
        self._path = logs.reserve
        self._size = 0
        self._first = 0
        self._next_look = 0.0
        self.full = False
        """Whether a write has found the disk full, and there has been no space since; the caller says so."""

    @classmethod
    @contextmanager
    def hold(cls, logs: LogsFolder) -> Iterator[Reserve]:
        """A reserve for as long as it is entered, where there is space for one."""
        reserve = cls(logs)
        reserve.remove()
        reserve._grow()
        try:
            yield reserve
        finally:
            reserve.remove()

    @property
    def plenty(self) -> bool:
        """Whether half of it is left: what is less important than rows may use it, too."""
        return self._size * 2 > self._first

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Inside, the reserve's space is free; what is left of it is kept again."""
        size = self._size
        self.remove()
        try:
            yield
        finally:
            self._take(size)

    def look(self) -> bool:
        """Whether there is space again, after a full disk; looks every few seconds at most."""
        now = time.monotonic()
        if not self.full or now < self._next_look:
            return False
        self._next_look = now + LOOK_SECONDS
        # A quota shows in no figure of the disk: only writing tells.
        self.full = nothing_fits(self._path.parent) or not self._grow()
        return not self.full

    def remove(self) -> None:
        self._size = 0
        with suppress(OSError):
            self._path.unlink()

    def _grow(self) -> bool:
        """Take a fair share of the free space; False where that is less than what is held already."""
        fair = min(SIZE, (self._free() + self._size) // SHARE)
        if fair < max(SMALLEST, self._size):
            return False
        if fair > self._size:
            self.remove()
            self._take(fair)
            self._first = self._size
        return True

    def _take(self, size: int) -> None:
        """So many bytes, or as many as there are."""
        size = min(size, self._free())
        while size >= SMALLEST and not self._made(size):
            size -= size // SHARE

    def _made(self, size: int) -> bool:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError:
            return False
        try:
            os.posix_fallocate(descriptor, 0, size)
            self._size = size
        except OSError:
            self.remove()
        finally:
            os.close(descriptor)
        return self._size > 0

    def _free(self) -> int:
        """Bytes free to this user; 0 where it cannot be told."""
        try:
            facts = os.statvfs(self._path.parent)
        except OSError:
            return 0
        return facts.f_bavail * facts.f_frsize
