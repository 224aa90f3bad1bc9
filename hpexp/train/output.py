"""What a run prints -> its log."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from hpexp.messages import LogText, Message


class _Tee(io.TextIOBase):
    """Hands whole lines to the run's log, and everything at once to the original stream."""

    def __init__(self, run_id: str, emit: Callable[[Message], None], original: TextIO) -> None:
        self._run_id = run_id
        self._emit = emit
        self._original = original
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._original.write(text)
        lines, newline, self._line = (self._line + text).rpartition("\n")
        if newline:
            self._emit(LogText(self._run_id, lines + newline))
        return len(text)

    def flush(self) -> None:
        self._original.flush()

    def end(self) -> None:
        if self._line:
            self._emit(LogText(self._run_id, self._line + "\n"))
            self._line = ""


@contextlib.contextmanager
def captured(run_id: str, emit: Callable[[Message], None]) -> Iterator[None]:
    """Inside, what Python code prints goes to the run's log and to standard error.

    Not to standard output, which belongs to results; to standard error still, so that a
    debugger in an own model can be talked to.
    """
    tee = _Tee(run_id, emit, sys.stderr)
    with contextlib.redirect_stdout(tee), contextlib.redirect_stderr(tee):
        try:
            yield
        finally:
            tee.end()
