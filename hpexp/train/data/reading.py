"""Which files an own data function reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hpexp import scratch
from hpexp.model import DataSpec
from hpexp.reads import ReadFile, read_file
from hpexp.sources import is_own, read_own_code
from hpexp.train.data.named import named_files

_NO_FILES = ("/proc/", "/sys/", "/dev/", "/etc/")
_LISTED = ("os.listdir", "os.scandir")


class Reading:
    """The files that Python code opens while it is watched, and those that are named to native code."""

    def __init__(self, spec: DataSpec) -> None:
        self._spec = spec
        self._paths: dict[str, None] = {}

    def files(self) -> tuple[ReadFile, ...]:
        """The files and listed folders as they are now, after the function has written what it keeps."""
        paths = dict.fromkeys([*self._paths, *self._named()])
        home = str(scratch.home())
        kept = [path for path in paths if not path.startswith((*_NO_FILES, home))]
        found = (read_file(path) for path in kept if is_own(path, self._spec.folder))
        return tuple(file for file in found if file is not None)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """One of Python's audit events."""
        # What the import system looks at is the code, whose text is in a run's id.
        if sys._getframe(2).f_code.co_filename.startswith("<frozen importlib"):
            return
        path = arguments[0] if arguments else None
        if event in _LISTED:
            path = "." if path is None else path
        elif event == "open" and not _reads(arguments[1], arguments[2]):
            return
        if isinstance(path, str | bytes | os.PathLike):
            self._paths[os.path.abspath(os.fsdecode(path))] = None  # noqa: PTH100

    def _named(self) -> Iterator[str]:
        """Files that options and own code name: native code opens them unseen."""
        code = read_own_code(self._spec.source.partition(":")[0], self._spec.folder)
        options = (value for value in self._spec.options.values() if isinstance(value, str))
        return named_files([*code.files.values()], [*options], self._spec.folder)


def _reads(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return "r" in mode or "+" in mode
    return isinstance(flags, int) and flags & os.O_ACCMODE != os.O_WRONLY


@contextmanager
def watched(reading: Reading) -> Iterator[None]:
    """Inside, `reading` notes what is opened, in any thread."""
    global _reading, _hooked
    if not _hooked:
        # A hook cannot be taken away again.
        sys.addaudithook(_hook)
        _hooked = True
    outer, _reading = _reading, reading
    try:
        yield
    finally:
        _reading = outer


_reading: Reading | None = None
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _reading is not None and event in ("open", *_LISTED, "sqlite3.connect"):
        _reading.note(event, arguments)
