"""A file that is only added to, and never holds half of what was added."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

from hpexp.model import FileFacts


class Appender:
    """Collects bytes in memory; `flush` puts them on disk, and what does not fit stays in memory.

    The file is open only while it is written: thousands of runs may be in progress, more
    than the system allows open files. Nothing is on disk before the first `flush`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending = bytearray()
        self.there = False
        """Whether something has been written."""
        self.facts = FileFacts(0, 0)
        """Of what has been written."""

    def add(self, data: bytes) -> None:
        self._pending += data

    def flush(self) -> None:
        """Append what has been added since.

        Raises:
            OSError: it could not be written; the file is as it was, and the next flush tries again.
        """
        if not self._pending:
            return
        if not self.there:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        append(self._path, self._pending)
        checksum = zlib.crc32(self._pending, self.facts.checksum)
        self.facts = FileFacts(self.facts.size + len(self._pending), checksum)
        self.there = True
        self._pending.clear()

    def drop(self) -> None:
        """Forget what is not on disk yet."""
        self._pending.clear()


def append(path: Path, data: bytes | bytearray) -> None:
    """Append all of `data`, or nothing: where the disk is full the file keeps the length it had.

    Raises:
        OSError: with the path in `filename`.
    """
    done = 0
    with path.open("ab", buffering=0) as file, memoryview(data) as view:
        try:
            while done < len(view):
                done += file.write(view[done:])
        except OSError as error:
            with suppress(OSError):
                before = file.tell() - done
                os.ftruncate(file.fileno(), before)
                if before == 0:
                    path.unlink()
            error.filename = str(path)
            raise
