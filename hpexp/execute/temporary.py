"""Where a worker's temporary files go: the usual folder, or memory where its disk is full."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO

from hpexp.space import nothing_fits

_MEMORY = Path("/dev/shm")


def is_full() -> bool:
    """Whether the temporary folder has no space left."""
    try:
        return nothing_fits(Path(tempfile.gettempdir()))
    except FileNotFoundError:
        # What `gettempdir` says when it has tried all folders it knows.
        return True


def output_file(*, full: bool) -> IO[bytes]:
    """A nameless file for what a worker prints."""
    if full:
        return os.fdopen(os.memfd_create("hpexp-worker"), "w+b")
    return tempfile.TemporaryFile()


def environment(*, full: bool) -> dict[str, str] | None:
    """A worker's environment, None for this one's. TensorFlow is not imported without such a folder."""
    return {**os.environ, "TMPDIR": str(_MEMORY)} if full and _MEMORY.is_dir() else None
