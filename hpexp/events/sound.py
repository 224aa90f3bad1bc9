"""Whether event files are still as they were when their run ended."""

from __future__ import annotations

import zlib
from pathlib import Path

from hpexp.model import FileFacts, Files


def short(folder: Path, files: Files) -> bool:
    """Whether a run's files are missing, or of another length; only looks at their length."""
    return any(_size(folder / name) != facts.size for name, facts in files.items())


def damaged(folder: Path, files: Files) -> list[Path]:
    """The files that do not hold what was written; reads them all."""
    return [folder / name for name, facts in files.items() if _facts(folder / name) != facts]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _facts(path: Path) -> FileFacts | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return FileFacts(len(content), zlib.crc32(content))
