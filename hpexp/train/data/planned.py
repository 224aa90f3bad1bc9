"""Whether the files that data are read from are those that the runs were planned on: their ids say so."""

from __future__ import annotations

from hpexp.config.content import content_of, stamp_of
from hpexp.errors import DataError
from hpexp.model import DataSpec


class PlannedFiles:
    """The files of `spec`, whose digest was `content` when the runs were planned; '' for no files."""

    def __init__(self, spec: DataSpec, content: str) -> None:
        self._spec = spec
        self._content = content
        self._stamp: object = None

    def check(self) -> None:
        """Raise DataError where they hold something else now.

        Called when the data have been loaded, so that what was loaded is what was planned; and again
        as long as data are read from the file itself, which costs a `stat` where nobody writes to it.
        """
        if not self._content:
            return
        try:
            stamp = stamp_of(self._spec.source)
            same = stamp == self._stamp or content_of(self._spec) == self._content
        except (OSError, DataError):
            same = False
        if not same:
            raise DataError(
                f"{self._spec.source} has changed since the runs were planned", hint="give the command again"
            )
        self._stamp = stamp
