"""The mark in hpexp's event files: who wrote them, and for which folder of a log folder.

It proves that a run is hpexp's where the store is gone. It names the place, so that a copy
elsewhere, somebody's backup say, is nobody's to delete.
"""

from __future__ import annotations

import os
from pathlib import Path

from hpexp.events.encode import writer_of
from hpexp.events.records import read_frames

_FIRST = 1 << 12
"""Bytes that hold the first event of a file, whatever its folder is called."""


def mark(*place: str) -> str:
    """The writer that event files of `EXPERIMENT/RUN`, or of `EXPERIMENT` itself, name."""
    return "hpexp " + "/".join(place)


def read_mark(path: str | Path) -> str | None:
    """The writer that an event file names, '' where it names none; None where it is no event file.

    Links are not followed, and whatever is not a plain file does not make this wait.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            start = os.read(descriptor, _FIRST)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    first = next(read_frames(start), None)
    return None if first is None else writer_of(first)


def owned(found: str | None, expected: str, *, stored: bool) -> bool:
    """Whether an event file with the mark `found` is hpexp's, in a folder that is `stored` or not.

    Before there were marks, hpexp's files named no writer; TensorFlow's and TensorBoard's name theirs.
    """
    return found == expected or (stored and found == "")
