"""TensorBoard's own registry of servers, `$TMPDIR/.tensorboard-info/pid-PID.info`.

TensorBoard removes its entry when it ends politely and never looks after others'. An
entry is only ever a file to remove: nothing is stopped because of one.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hpexp.board.servers import is_tensorboard

_ENTRY = re.compile(r"pid-(\d+)\.info")


def registry() -> Path:
    """The registry's folder, which all users of this machine share."""
    return Path(tempfile.gettempdir(), ".tensorboard-info")


def stale_entries() -> list[Path]:
    """This user's entries whose process is dead or is no TensorBoard now."""
    return [path for pid, path in _entries() if not is_tensorboard(pid)]


def remove_entries(paths: Iterable[Path]) -> list[Path]:
    """Remove the entries that are stale still; returns those removed.

    A new TensorBoard may have got an old one's process id since they were listed.
    """
    asked = set(paths)
    removed = []
    for path in stale_entries():
        if path in asked:
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _entries() -> list[tuple[int, Path]]:
    """This user's entries. A link or a folder with an entry's name is not one."""
    found = []
    try:
        paths = sorted(registry().iterdir())
    except OSError:
        return []
    for path in paths:
        match = _ENTRY.fullmatch(path.name)
        if match and _own_file(path):
            found.append((int(match[1]), path))
    return found


def _own_file(path: Path) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid()
