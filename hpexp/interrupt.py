"""Ctrl-C, and a polite kill: once stops cleanly, twice at once."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType, TracebackType

from hpexp.errors import EXIT_INTERRUPTED

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"


class Interrupt:
    """While entered, the first SIGINT or SIGTERM sets `requested`; the second ends the process.

    Work that must not be cut in half asks `requested` where it can stop.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupt:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            if sys.stderr.isatty():
                os.write(2, SHOW_CURSOR.encode())
            # Workers see their pipe close and end with this process.
            os._exit(EXIT_INTERRUPTED)
        self.requested = True
