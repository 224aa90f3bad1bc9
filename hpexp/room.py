"""What `hpexp run` does where its disk is full: say so once, store what can be stored, try again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hpexp.anchor import Anchor, Lost
from hpexp.errors import NoSpaceError
from hpexp.paths import LogsFolder
from hpexp.progress import View
from hpexp.reserve import Reserve
from hpexp.space import cause, no_space
from hpexp.store import Store
from hpexp.text import counted

PATIENCE = 2.0
"""Seconds, at least, from a commit that found no space to the next try."""
COST_SHARE = 20
"""Tries may take one part in so many of the time."""
SHOWN = 5


class Room:
    """The space of one log folder, through all experiments of one `hpexp run`."""

    def __init__(self, logs: LogsFolder, store: Store, reserve: Reserve, view: View, anchor: Anchor) -> None:
        self._logs = logs
        self._store = store
        self._reserve = reserve
        self._view = view
        self._anchor = anchor
        self._next_try = 0.0

    def check(self) -> None:
        """Look whether the log folder is still there to be written in.

        Raises:
            LogsGoneError: it, its store or its lock is not.
        """
        self._anchor.check()

    @property
    def gone(self) -> bool:
        """Whether the folder itself is not; what its paths lead to is not this run's."""
        return self._anchor.lost is Lost.FOLDER

    @contextmanager
    def opened(self, *, for_logs: bool = True) -> Iterator[None]:
        """After a write has met a full disk: inside, the reserve's space is free to tell of it.

        Logs of runs get half of it; a row holds the traceback as well.
        """
        if for_logs and not self._reserve.plenty:
            yield
            return
        with self._reserve.opened():
            yield

    def met(self, error: BaseException) -> None:
        """A write met `error`, a full disk: say so, unless that has been said."""
        if not self._reserve.full:
            self._reserve.full = True
            self._view.note(f"{cause(error)}: free space in {self._logs.root}; runs that end without it fail")

    def tick(self) -> None:
        """Commit; called a few times a second."""
        if self._reserve.look():
            self._view.note(f"there is space again in {self._logs.root}")
            self._next_try = 0.0
        if time.monotonic() >= self._next_try:
            self.commit()

    def commit(self) -> bool:
        """Commit the store, with the reserve's space where needed; rows that do not fit wait in memory."""
        try:
            self._store.commit()
        except NoSpaceError as error:
            self.met(error)
            with self.opened(for_logs=False):
                return self._commit_again()
        return True

    def close(self, names: Mapping[str, str]) -> None:
        """The last commit; `names` are the runs', by id.

        Raises:
            LogsGoneError: the folder, its store or its lock is not where it was.
            NoSpaceError: results could not be stored; says of which runs.
        """
        stored = self.commit()
        self._anchor.check(now=True)
        # The store takes space of its own to close.
        self._reserve.remove()
        if stored:
            return
        lost = [f"{experiment}/{names[run_id]}" for experiment, run_id in self._store.unstored]
        named = ", ".join(lost[:SHOWN]) + (f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else "")
        what = f"the results of {counted(len(lost), 'run')} are not stored: {named}"
        these = "this run" if len(lost) == 1 else "these runs"
        raise NoSpaceError(
            f"{no_space(self._logs.root)}; {what}",
            hint=f"what was stored before is kept; the next `hpexp run` trains {these} again",
        )

    def _commit_again(self) -> bool:
        began = time.monotonic()
        try:
            self._store.shrink()
            self._store.commit()
        except NoSpaceError:
            now = time.monotonic()
            self._next_try = now + PATIENCE + COST_SHARE * (now - began)
            return False
        return True
