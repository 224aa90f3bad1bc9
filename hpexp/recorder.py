"""Messages of training -> event files, log files, the store, and the view.

The one writer. A run's event files are complete before its row says that it has ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hpexp.errors import StoreError
from hpexp.events import RunEvents, text_columns
from hpexp.messages import EpochEnd, Finished, LogText, Message, Started, SummaryData
from hpexp.model import Experiment, Result, Run, Status
from hpexp.paths import LogsFolder
from hpexp.progress import View
from hpexp.store import Store

FLUSH_SHARE = 20
"""Thousands of lanes have thousands of files: writing them may take one part in so many of the time."""


class Recorder:
    """Records the messages of one experiment's runs.

    Its methods raise StoreError where the log folder cannot be written.
    """

    def __init__(
        self, experiment: Experiment, runs: Iterable[Run], store: Store, logs: LogsFolder, view: View
    ) -> None:
        self._experiment = experiment
        self._runs = {run.id: run for run in runs}
        self._text = text_columns(self._runs.values())
        self._store = store
        self._logs = logs
        self._view = view
        self._events: dict[str, RunEvents] = {}
        self._next_flush = 0.0
        self.results: dict[str, Result] = {}

    def record(self, message: Message) -> None:
        """Write one message down."""
        run = self._runs[message.run_id]
        with _write_errors():
            match message:
                case Started():
                    self._open(run)
                    self._store.started(self._experiment.name, run.id, message.time)
                    self._view.started(run)
                case EpochEnd():
                    self._events[run.id].epoch(message)
                    self._store.epoch(self._experiment.name, message)
                    self._view.epoch(run, message)
                case SummaryData():
                    self._events[run.id].summary(message)
                case LogText():
                    self._begun(run)
                    self._log(run, message.text)
                case Finished():
                    self._finish(run, message.result)

    def tick(self) -> None:
        """Make what has been recorded visible to others; called a few times a second."""
        with _write_errors():
            self._flush_events()
            self._store.commit()

    def interrupt(self) -> None:
        """Close what is still in progress, as interrupted."""
        with _write_errors():
            for run_id in list(self._events):
                self._finish(self._runs[run_id], Result(Status.INTERRUPTED))
            self._store.commit()

    def _flush_events(self) -> None:
        began = time.monotonic()
        if began < self._next_flush:
            return
        for events in self._events.values():
            events.flush()
        now = time.monotonic()
        self._next_flush = now + FLUSH_SHARE * (now - began)

    def _open(self, run: Run) -> RunEvents:
        if run.id in self._events:
            self._events.pop(run.id).discard()
        events = RunEvents(self._logs.run(self._experiment.name, run.name), self._text)
        events.start(run)
        self._events[run.id] = events
        return events

    def _begun(self, run: Run) -> RunEvents:
        """The run's events; one whose worker died before training began has none yet."""
        return self._events.get(run.id) or self._open(run)

    def _finish(self, run: Run, result: Result) -> None:
        events = self._begun(run)
        if result.traceback or result.error:
            self._log(run, result.traceback or f"{result.status}: {result.error}\n")
        events.finish(result)
        del self._events[run.id]
        self._store.finished(self._experiment.name, run.id, result)
        self.results[run.id] = result
        self._view.finished(run, result)

    def _log(self, run: Run, text: str) -> None:
        path = self._logs.run(self._experiment.name, run.name).log
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)


@contextmanager
def _write_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "mend that, then give the same command again; it goes on from there"
        raise StoreError(f"{error.filename or 'the log folder'}: {error.strerror}", hint=hint) from error
