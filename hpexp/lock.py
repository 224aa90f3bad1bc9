"""One writer per log folder: an advisory lock that says who holds it.

The lock is `flock(2)` on `.hpexp/lock`, which the kernel releases when the holder ends,
however it ends. The file's text only names the holder; it is never trusted alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from hpexp.errors import LogsBusyError, NoSpaceError, StoreError
from hpexp.paths import LogsFolder
from hpexp.space import is_full, no_space

_PATIENCE = 0.3
"""Seconds to go on trying: `holder` and a holder that is just starting are gone by then."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a log folder. `started` is seconds since the Unix epoch.

    `pid` is 0 where the holder has not said who it is.
    """

    pid: int
    command: str
    started: float

    def __str__(self) -> str:
        if not self.pid:
            return "a process that has not given its name"
        since = datetime.fromtimestamp(self.started).strftime("%Y-%m-%d %H:%M:%S")
        return f"process {self.pid} ({self.command}) since {since}"


class LogsLock:
    """The right to write in a log folder."""

    @staticmethod
    @contextmanager
    def hold(logs: LogsFolder, command: str) -> Iterator[None]:
        """Hold the folder while entered; makes it where it is not there.

        Raises:
            LogsBusyError: another process holds it; names that process.
            StoreError: the lock file cannot be written.
        """
        descriptor = _take(logs)
        try:
            _sign(descriptor, Holder(os.getpid(), command, time.time()))
            yield
        finally:
            # Closing releases. The file stays: unlinking it here would take it from
            # under a process that is just about to lock it.
            os.close(descriptor)


def holder(logs: LogsFolder) -> Holder | None:
    """The living process that holds the folder, or None."""
    try:
        descriptor = os.open(logs.lock, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _sign(descriptor: int, holder: Holder) -> None:
    """Write who holds it; a full disk may have no room for a name."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
    except OSError as error:
        if not is_full(error):
            raise


def _take(logs: LogsFolder) -> int:
    """A locked descriptor of the lock file that is on disk now."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        descriptor = _open(logs)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = _read(descriptor)
            os.close(descriptor)
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            hint = f"wait until it ends, or stop it: kill {found.pid}" if found.pid else None
            raise LogsBusyError(f"{logs.root} is held by {found}", hint=hint) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(f"{logs.lock}: cannot be locked: {error.strerror}") from error
        # `hpexp clean` deletes the file while it holds it; a lock on a deleted file
        # keeps nobody out.
        if _same_file(descriptor, logs):
            return descriptor
        os.close(descriptor)


def _open(logs: LogsFolder) -> int:
    try:
        logs.internal.mkdir(parents=True, exist_ok=True)
        return os.open(logs.lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if is_full(error):
            raise NoSpaceError(f"{logs.lock}: {no_space(logs.root, error)}") from error
        raise StoreError(f"{logs.lock}: {error.strerror}", hint="is the log folder writable?") from error


def _same_file(descriptor: int, logs: LogsFolder) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), logs.lock.stat())
    except FileNotFoundError:
        return False


def _read(descriptor: int) -> Holder:
    try:
        facts = json.loads(os.pread(descriptor, 1 << 16, 0))
        return Holder(int(facts["pid"]), str(facts["command"]), float(facts["started"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "", 0.0)
