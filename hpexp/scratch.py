"""Scratch folders for data that do not fit in memory: shared by workers, gone when none uses them.

Each folder has a lock file beside it (`flock(2)`): held alone by the process that fills the
folder, shared by those that read it. The kernel releases it however a process ends, so that
what a killed one has left is known by its lock being free.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_DONE = "done"
_PAUSE = 0.05
"""Seconds between two looks at a folder that another process is just making or deleting."""


def home() -> Path:
    """Where this user's scratch folders lie: in $TMPDIR, else in /var/tmp, because /tmp is often memory."""
    base = os.environ.get("TMPDIR") or "/var/tmp"
    return Path(base if os.access(base, os.W_OK) else tempfile.gettempdir()) / f"hpexp-data-{os.getuid()}"


class Scratch:
    """A filled folder, kept while this object lives."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self.close = weakref.finalize(self, _give_up, folder, descriptor)
        """Gives the folder up at once; its last user deletes it."""


def hold(key: str, fill: Callable[[Path], None]) -> Scratch:
    """The folder that `fill` has filled, in this process or in another one that uses the same key.

    Raises:
        OSError: the folder cannot be made.
        Exception: whatever `fill` raises; nothing is kept then.
    """
    sweep()
    folder = home() / key
    while True:
        _make_home(folder.parent)
        # Waits while another process fills it.
        reading = _locked(_lock_file(folder), fcntl.LOCK_SH)
        if reading is not None and (folder / _DONE).exists():
            return Scratch(folder, reading)
        if reading is not None:
            os.close(reading)
        filling = _locked(_lock_file(folder), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if filling is None:
            time.sleep(_PAUSE)
            continue
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            fill(folder)
            (folder / _DONE).touch()
            # For an instant nobody holds it, and a sweep may come in between.
            fcntl.flock(filling, fcntl.LOCK_SH)
        except BaseException:
            _give_up(folder, filling)
            raise
        if (folder / _DONE).exists():
            return Scratch(folder, filling)
        os.close(filling)


def sweep() -> None:
    """Delete the scratch folders that no living process uses."""
    with suppress(OSError):
        for lock in home().glob("*.lock"):
            descriptor = _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if descriptor is not None:
                _delete(lock.with_suffix(""), descriptor)


def _give_up(folder: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return
    _delete(folder, descriptor)


def _delete(folder: Path, descriptor: int) -> None:
    """Delete a folder whose lock is held alone, and the lock."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        _lock_file(folder).unlink()
        folder.parent.rmdir()
    os.close(descriptor)


def _make_home(root: Path) -> None:
    root.mkdir(mode=0o700, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise PermissionError(errno.EACCES, f"{root} is another user's")


def _lock_file(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _locked(lock: Path, how: int) -> int | None:
    """The descriptor of a locked file; `None` where it cannot be had, or was deleted meanwhile."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, how)
        if os.fstat(descriptor).st_ino == lock.stat().st_ino:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
