"""Files that a data function has read: are they still the same? What nobody has written to is not read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b

_WHOLE = 1 << 26
"""Files up to this size are read; larger ones that somebody has written to count as changed."""
_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file, or a folder whose names were listed, as it was when it was read.

    `modified` is in nanoseconds since the Unix epoch; `size` and `modified` are 0 for a folder. `digest` is
    '' for a large file: whether the data are others is for those to tell who load them.
    """

    path: str
    size: int
    modified: int
    digest: str


def read_file(path: str) -> ReadFile | None:
    """The file or folder as it is now, None where there is none that can be read."""
    try:
        if os.path.isdir(path):  # noqa: PTH112
            return ReadFile(path, 0, 0, _listing(path))
        status = os.stat(path)  # noqa: PTH116
        if not os.path.isfile(path):  # noqa: PTH113
            return None
        digest = _content(path) if status.st_size <= _WHOLE else ""
        return ReadFile(path, status.st_size, status.st_mtime_ns, digest)
    except OSError:
        return None


def has_changed(file: ReadFile) -> bool:
    """Whether the file is gone or has other content; one that nobody has written to is not read."""
    try:
        status = os.stat(file.path)  # noqa: PTH116
    except OSError:
        return True
    if file.modified and (status.st_size, status.st_mtime_ns) == (file.size, file.modified):
        return False
    if file.size > _WHOLE:
        return True
    now = read_file(file.path)
    return now is None or (now.size, now.digest) != (file.size, file.digest)


def _listing(folder: str) -> str:
    with os.scandir(folder) as entries:
        names = sorted(f"{entry.name}{'/' * entry.is_dir()}" for entry in entries)
    return blake2b("\n".join(names).encode(errors="surrogateescape"), digest_size=16).hexdigest()


def _content(path: str) -> str:
    digest = blake2b(digest_size=16)
    with open(path, "rb") as file:  # noqa: PTH123
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()
