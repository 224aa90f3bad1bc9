"""Log folders that `hpexp clean` will not touch, and ending a run that is in its way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hpexp.errors import LogsBusyError, UsageError
from hpexp.lock import Holder, holder
from hpexp.paths import LogsFolder

if TYPE_CHECKING:
    import psutil

RUN_DEADLINE = 20.0
"""Seconds a run gets to end by itself; it stops where nothing is cut in half."""


def refuse_precious(root: Path) -> None:
    """Refuse `/`, a home folder or one above it, and a git root.

    Raises:
        UsageError: `root` is one of them; says which.
    """
    real = Path(os.path.realpath(root))
    home = Path(os.path.realpath(Path.home()))
    if real == Path(real.anchor):
        what = "the root of the file system"
    elif real == home:
        what = "your home folder"
    elif home.is_relative_to(real):
        what = "above your home folder"
    elif (real / ".git").exists():
        what = "the root of a git repository"
    else:
        return
    raise UsageError(
        f"{root} is {what}; hpexp cleans only a log folder", hint="--logs DIR names the log folder"
    )


def stop_holder(logs: LogsFolder, *, deadline: float = RUN_DEADLINE) -> Holder | None:
    """Stop the run that holds the log folder: TERM, `deadline` seconds, KILL. Returns it.

    Raises:
        LogsBusyError: the holder is not known for certain, or is another user's.
    """
    from hpexp.board.stop import end

    found = holder(logs)
    if found is None:
        return None
    process = _process(found, logs)
    if process is None:
        raise LogsBusyError(f"{logs.root} is held by {found}, which cannot be stopped from here")
    end([process], deadline=deadline)
    return found


def _process(found: Holder, logs: LogsFolder) -> psutil.Process | None:
    """The holder's process: this user's, and with the lock file open. The file's text proves nothing."""
    import psutil

    try:
        process = psutil.Process(found.pid)
        if process.uids().real != os.getuid() or process.pid == os.getpid():
            return None
        lock = os.path.realpath(logs.lock)
        return process if any(file.path == lock for file in process.open_files()) else None
    except (psutil.Error, ValueError):
        return None
