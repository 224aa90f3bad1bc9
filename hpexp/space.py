"""No space left on a disk, or in a quota: how it shows, and what a person is told."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from hpexp.errors import NoSpaceError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_WORDS = re.compile("no space left on device|disk quota exceeded", re.IGNORECASE)
FREE_SPACE = "free space in"
_PROBE_BYTES = 1 << 16


def is_full(error: BaseException) -> bool:
    """Whether a write failed because there is no space left."""
    return isinstance(error, NoSpaceError) or (isinstance(error, OSError) and error.errno in _FULL)


def tells_of_full(text: str) -> bool:
    """Whether an error's text tells of a full disk."""
    return _WORDS.search(text) is not None


def no_space(folder: Path, error: BaseException | None = None) -> str:
    """What to say: `no space left on device: free space in FOLDER and run again`."""
    return f"{cause(error)}: {FREE_SPACE} {folder} and run again"


def cause(error: BaseException | None = None) -> str:
    """`no space left on device`, or what else `error` tells: `disk quota exceeded`."""
    code = error.errno if isinstance(error, OSError) and error.errno else errno.ENOSPC
    what = os.strerror(code)
    return what[:1].lower() + what[1:]


def nothing_fits(folder: Path) -> bool:
    """Whether a file of 64 KiB finds no space in `folder`; False where it cannot be written at all.

    SQLite tells a used-up quota, and a disk without space for its notes, only as an I/O error.
    """
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _PROBE_BYTES)
    except OSError as error:
        return is_full(error)
    return False
