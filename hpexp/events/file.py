"""One event file, buffered in memory and open only while it is written."""

from __future__ import annotations

import os
import re
import socket
import time
from functools import lru_cache
from itertools import count
from pathlib import Path

from hpexp.appending import Appender
from hpexp.events.encode import file_version
from hpexp.events.mark import mark
from hpexp.events.records import frame
from hpexp.model import FileFacts

_numbers = count()


class EventFile:
    """The event file of `EXPERIMENT/RUN/PART`. Nothing is on disk before the first `flush`."""

    def __init__(self, folder: Path, wall_time: float) -> None:
        self.path = folder / file_name(wall_time)
        self._file = Appender(self.path)
        self._file.add(frame(file_version(wall_time, mark(*folder.parts[-3:-1]))))

    def add(self, event: bytes) -> None:
        self._file.add(frame(event))

    def flush(self) -> None:
        """Append what has been added since; after an OSError the next flush tries again."""
        self._file.flush()

    @property
    def facts(self) -> FileFacts:
        """Of what is on disk."""
        return self._file.facts

    def drop(self) -> bool:
        """Forget what is not on disk yet; whether there is a file to go on with."""
        self._file.drop()
        return self._file.there


def file_name(wall_time: float, digest: str = "") -> str:
    """A name that TensorBoard takes for an event file; no two calls give the same."""
    suffix = f".{digest}" if digest else ""
    return f"events.out.tfevents.{int(wall_time):010d}.{_host()}.{os.getpid()}.{next(_numbers)}{suffix}"


def write_file(folder: Path, events: list[bytes], digest: str) -> Path:
    """A whole event file of an experiment, there in full or not at all; its name ends with `digest`."""
    now = time.time()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(now, digest)
    # No "tfevents" in the name: TensorBoard would read it.
    aside = folder / f".writing-{os.getpid()}"
    try:
        first = file_version(now, mark(folder.name))
        aside.write_bytes(b"".join(frame(event) for event in [first, *events]))
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return path


def own_files(folder: Path, name: re.Pattern[str]) -> list[Path]:
    """The files in `folder` itself that have such a name; none where there is no folder."""
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if name.fullmatch(entry.name)]
    except FileNotFoundError:
        return []


@lru_cache(maxsize=1)
def _host() -> str:
    return socket.gethostname()
