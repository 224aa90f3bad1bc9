"""What runs print -> their logs.

::

    with logged(run_ids, emit) as emit:     one job
        with belonging_to(run_id):          what is printed inside is that run's

What nobody claims goes to the first of the runs that have not ended. A log begins where its run
does: what is printed before is told then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hpexp.messages import Finished, LogText, Report, Started
from hpexp.train.printed import Source, source

Emit = Callable[[Report], None]

LIVE_SECONDS = 0.5
"""A log holds what was printed at most this late."""
KEPT = 1 << 16
"""Characters of what a data function prints."""


class Logged:
    """Passes a job's messages on, and puts in between what has been printed meanwhile."""

    def __init__(self, runs: Sequence[str], emit: Emit, printed: Source) -> None:
        self._emit = emit
        self._printed = printed
        self._open = dict.fromkeys(runs)
        self._started: set[str] = set()
        self._waiting: dict[str, str] = {}
        self._unended: set[str] = set()
        """Runs whose log ends within a line."""
        self._current: str | list[str] = ""
        self._lock = threading.RLock()

    def __call__(self, message: Report) -> None:
        with self._lock:
            self.tell()
            if isinstance(message, Finished):
                if message.run_id in self._unended:
                    self._emit(LogText(message.run_id, "\n"))
                self._open.pop(message.run_id, None)
            self._emit(message)
            if isinstance(message, Started):
                self._started.add(message.run_id)
                self.say(message.run_id, self._waiting.pop(message.run_id, ""))

    def tell(self) -> None:
        """Hand over what has been printed until now."""
        with self._lock:
            text = self._printed.take()
            if isinstance(self._current, list):
                self._current.append(text)
            else:
                self.say(self._current, text)

    def say(self, run_id: str, text: str) -> None:
        """Text for a run's log; for the first one that is left where it has ended."""
        with self._lock:
            if run_id not in self._open:
                run_id = next(iter(self._open), "")
            if not text or not run_id:
                return
            if run_id not in self._started:
                self._waiting[run_id] = self._waiting.get(run_id, "") + text
                return
            (self._unended.discard if text.endswith("\n") else self._unended.add)(run_id)
            self._emit(LogText(run_id, text))

    @contextmanager
    def claimed(self, by: str | list[str]) -> Iterator[None]:
        """What is printed inside belongs to a run, or to a list of texts."""
        self.tell()
        before, self._current = self._current, by
        try:
            yield
        finally:
            self.tell()
            self._current = before


_active: Logged | None = None


@contextmanager
def logged(runs: Sequence[str], emit: Emit) -> Iterator[Logged]:
    """Inside, what is printed goes to the logs of these runs. Tells what to emit messages with."""
    global _active
    printed = source()
    outer, _active = _active, Logged(runs, emit, printed)
    log, over = _active, threading.Event()

    def follow() -> None:
        while not over.wait(LIVE_SECONDS):
            log.tell()

    follower = threading.Thread(target=follow, name="hpexp-log", daemon=True)
    follower.start()
    try:
        yield log
    finally:
        over.set()
        follower.join()
        log.tell()
        printed.close()
        _active = outer


@contextmanager
def belonging_to(run_id: str) -> Iterator[None]:
    """Inside, what is printed belongs to this run."""
    if _active is None:
        yield
        return
    with _active.claimed(run_id):
        yield


@contextmanager
def captured(run_id: str, emit: Emit) -> Iterator[Emit]:
    """The same, also where no job is logged. Tells what to emit the run's messages with."""
    if _active is None:
        with logged([run_id], emit) as log:
            yield log
    else:
        with _active.claimed(run_id):
            yield emit


@contextmanager
def held() -> Iterator[list[str]]:
    """What is printed inside, as texts, for whoever it will belong to; after an error for the first run."""
    texts: list[str] = []
    if _active is None:
        yield texts
        return
    try:
        with _active.claimed(texts):
            yield texts
    except BaseException:
        say("", "".join(texts))
        raise


def say(run_id: str, text: str) -> None:
    """Text for a run's log, once it has begun."""
    if _active is not None:
        _active.say(run_id, text[-KEPT:])
