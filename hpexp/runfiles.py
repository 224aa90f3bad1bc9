"""The event files and the log of one run. What the disk has no room for waits in memory."""

from __future__ import annotations

from collections.abc import Collection

from hpexp.appending import Appender
from hpexp.events import RunEvents
from hpexp.model import Result, Run
from hpexp.paths import RunPaths


class RunFiles:
    """The files of one try of a run.

    Methods that write raise OSError where they cannot; `flush` tries again.
    """

    def __init__(self, paths: RunPaths, text: Collection[str], run: Run) -> None:
        """Removes what an earlier try left. `text` is that of `RunEvents`."""
        self.events = RunEvents(paths, text)
        self.events.start(run)
        paths.log.unlink(missing_ok=True)
        self._log = Appender(paths.log)

    def say(self, text: str) -> None:
        """Text for the log, on disk with the next flush."""
        self._log.add(text.encode("utf-8", "backslashreplace"))

    def flush_log(self) -> None:
        """Write what has been said."""
        self._log.flush()

    def flush(self) -> None:
        """Write what there is, the log first."""
        self._log.flush()
        self.events.flush()

    def finish(self, result: Result) -> None:
        """Write how the run ended; the files are complete after it."""
        self._log.flush()
        self.events.finish(result)

    def drop(self) -> None:
        """Forget the events that are not on disk yet; the log's text is kept."""
        self.events.drop()
