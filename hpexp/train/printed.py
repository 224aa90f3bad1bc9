"""What this process prints, wherever it comes from: Python's streams, other threads, native code."""

from __future__ import annotations

import codecs
import fcntl
import io
import os
import re
import stat
import sys
from typing import Protocol, TextIO

_NATIVE_NOTE = re.compile(r"^(I\d{4} \d\d:\d\d:\S+ .*\]|WARNING: All log messages before absl::).*\n?", re.M)
"""Lines that TensorFlow's native code only notes."""


class Source(Protocol):
    """Gives what was printed."""

    def take(self) -> str:
        """What was printed since it was asked last."""

    def close(self) -> None: ...


def source() -> Source:
    """The way that this process allows: a worker's output is a file, which can be read back."""
    return OutputFile() if _is_nameless_file() else Streams()


class OutputFile:
    """Standard output and error of a worker, which go to one nameless file; nothing is redirected."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # What a worker says before it is killed is in the file.
                stream.reconfigure(line_buffering=True)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        _flush()
        self._read = os.fstat(1).st_size

    def take(self) -> str:
        _flush()
        read = []
        while part := os.pread(1, 1 << 20, self._read):
            self._read += len(part)
            read.append(part)
        return _NATIVE_NOTE.sub("", self._decode(b"".join(read))) if read else ""

    def close(self) -> None:
        """Nothing was changed."""


class Streams(io.TextIOBase):
    """Stands in for Python's streams; all goes to standard error still.

    Not to standard output, which belongs to results; to standard error, so that a debugger in own
    code can be talked to. What native code prints is not seen.
    """

    def __init__(self) -> None:
        self._original: TextIO = sys.stderr
        self._before = sys.stdout, sys.stderr
        self._texts: list[str] = []
        sys.stdout = sys.stderr = self

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._original.write(text)
        self._texts.append(text)
        return len(text)

    def flush(self) -> None:
        self._original.flush()

    def take(self) -> str:
        texts, self._texts = self._texts, []
        return "".join(texts)

    def close(self) -> None:
        """Python's streams are as before; who has kept this one still writes to standard error."""
        if sys.stdout is self:
            sys.stdout = self._before[0]
        if sys.stderr is self:
            sys.stderr = self._before[1]
        self._texts.clear()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            # Own code may have closed it, or put something else there.
            continue


def _is_nameless_file() -> bool:
    try:
        out, error = os.fstat(1), os.fstat(2)
        mode = fcntl.fcntl(1, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError:
        return False
    alike = (out.st_dev, out.st_ino) == (error.st_dev, error.st_ino)
    return alike and stat.S_ISREG(out.st_mode) and not out.st_nlink and mode == os.O_RDWR
