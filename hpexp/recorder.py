"""Messages of training -> event files, log files, the store, and the view.

The one writer. A run's event files are complete before its row says that it has ended.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hpexp.errors import NoSpaceError, StoreError
from hpexp.events import expected_metrics, text_columns, write_experiment
from hpexp.failures import stored
from hpexp.messages import (
    DataFound,
    EpochEnd,
    Finished,
    LogText,
    Message,
    Proved,
    Started,
    SummaryData,
    Together,
)
from hpexp.model import Experiment, Plan, Result, Run, Status
from hpexp.paths import LogsFolder
from hpexp.progress import View
from hpexp.room import Room
from hpexp.runfiles import RunFiles
from hpexp.space import is_full, no_space
from hpexp.store import Store
from hpexp.verdicts import versions

FLUSH_SHARE = 20
"""Thousands of lanes have thousands of files: writing them may take one part in so many of the time."""


class Recorder:
    """Records the messages of one experiment's runs.

    Where the disk is full, what is to be written waits in memory, and a run whose files are
    not complete when it ends has failed. Where the log folder cannot be written for another
    reason, or is not where it was, methods raise StoreError.
    """

    def __init__(
        self,
        experiment: Experiment,
        runs: Iterable[Run],
        store: Store,
        logs: LogsFolder,
        view: View,
        room: Room,
    ) -> None:
        self._experiment = experiment
        self._runs = {run.id: run for run in runs}
        self._text = text_columns(self._runs.values())
        self._store = store
        self._versions = versions()
        self._logs = logs
        self._view = view
        self._room = room
        self._files: dict[str, RunFiles] = {}
        self._sealed: set[str] = set()
        self._data: dict[int, str] = {}
        """The data's fingerprint by the repeat of the split."""
        self._said: set[str] = set()
        """Notices that the person has seen."""
        self._late: list[RunFiles] = []
        """Of failed runs, whose logs do not fit on the disk."""
        self._plan: Plan | None = None
        self._columns_due = False
        self._next_flush = 0.0
        self.results: dict[str, Result] = {}

    def begin(self, plan: Plan) -> None:
        """Write the experiment's own events; where they do not fit, `close` tries again."""
        self._plan, self._columns_due = plan, True
        self._write_columns(plan)

    def sealed(self, message: Message) -> Message:
        """Complete the files of a run that has its answer; gives the message to record.

        That is a failure where they do not fit on the disk.
        """
        if not isinstance(message, Finished) or not message.result.status.finished:
            return message
        if message.run_id in self._sealed:
            return message
        self._room.check()
        run, result = self._runs[message.run_id], message.result
        with _write_errors():
            files = self._begun(run)
            _say_why(files, result)
            try:
                files.finish(result)
            except OSError as error:
                if not is_full(error):
                    raise
                files.drop()
                self._room.met(error)
                return replace(message, result=self._without_space(result, error))
        self._sealed.add(run.id)
        return message

    def record(self, message: Message) -> None:
        """Write one message down, `sealed` if it has not been."""
        message = self.sealed(message)
        run = self._runs[message.run_id]
        with _write_errors():
            match message:
                case DataFound():
                    self._data[run.repeat] = message.fingerprint
                    self._store.found(self._experiment.name, run.repeat, message.summary, message.fingerprint)
                case Proved():
                    self._store.judged(self._experiment.name, message.proof, self._versions, message.verdict)
                case Started():
                    self._room.check()
                    self._open(run)
                    self._store.started(
                        self._experiment.name, run.id, message.time, self._data.get(run.repeat, "")
                    )
                    self._view.started(run)
                case Together():
                    self._store.together(self._experiment.name, message.runs, message.program)
                case EpochEnd():
                    self._files[run.id].events.epoch(message)
                    self._store.epoch(self._experiment.name, message)
                    self._view.epoch(run, message)
                case SummaryData():
                    self._files[run.id].events.summary(message)
                case LogText():
                    self._log(run, message.text)
                    if message.notice and message.text not in self._said:
                        self._said.add(message.text)
                        self._view.note(message.text.rstrip("\n"))
                case Finished():
                    self._finish(run, message.result)

    def tick(self) -> None:
        """Make what has been recorded visible to others; called a few times a second."""
        self._room.check()
        with _write_errors():
            self._flush()
            self._room.tick()

    def close(self) -> None:
        """End what is still in progress, as interrupted, and write what can be written."""
        if self._room.gone:
            for run_id in self._files:
                self._store.finished(self._experiment.name, run_id, Result(Status.INTERRUPTED))
            return
        with _write_errors():
            for run_id in list(self._files):
                self._finish(self._runs[run_id], Result(Status.INTERRUPTED))
            self._room.commit()
            if self._late:
                with self._room.opened():
                    self._flush_late()
            if self._plan is not None:
                told = dict.fromkeys(name for result in self.results.values() for name in result.metrics)
                if self._columns_due or not told.keys() <= set(expected_metrics(self._plan)):
                    self._write_columns(self._plan, told)

    def _flush(self) -> None:
        began = time.monotonic()
        if began < self._next_flush:
            return
        for files in self._files.values():
            self._tried(files)
        self._flush_late()
        now = time.monotonic()
        self._next_flush = now + FLUSH_SHARE * (now - began)

    def _flush_late(self) -> None:
        self._late = [files for files in self._late if not self._tried(files)]

    def _tried(self, files: RunFiles) -> bool:
        """Whether all that a run has to write is on disk now."""
        try:
            files.flush()
        except OSError as error:
            self._met(error)
            return False
        return True

    def _open(self, run: Run) -> RunFiles:
        self._sealed.discard(run.id)
        if run.id in self._files:
            self._files.pop(run.id).events.discard()
        files = RunFiles(self._logs.run(self._experiment.name, run.name), self._text, run)
        self._files[run.id] = files
        return files

    def _begun(self, run: Run) -> RunFiles:
        """The run's files; one whose worker died before training began has none yet."""
        return self._files.get(run.id) or self._open(run)

    def _log(self, run: Run, text: str) -> None:
        files = self._begun(run)
        files.say(text)
        try:
            files.flush_log()
        except OSError as error:
            self._met(error)

    def _finish(self, run: Run, result: Result) -> None:
        files = self._begun(run)
        if run.id not in self._sealed:
            _say_why(files, result)
            try:
                files.finish(result)
            except OSError as error:
                self._met(error)
                with self._room.opened():
                    if not self._tried(files):
                        self._late.append(files)
        self._sealed.discard(run.id)
        del self._files[run.id]
        self._store.finished(self._experiment.name, run.id, stored(result), files.events.files)
        self.results[run.id] = result
        self._view.finished(run, result)

    def _without_space(self, result: Result, error: OSError) -> Result:
        """The failure of a run that has trained to its end."""
        return Result(
            Status.FAILED,
            epochs=result.epochs,
            seconds=result.seconds,
            error=no_space(self._logs.root, error),
            traceback="".join(traceback.format_exception(error)),
            engine=result.engine,
            devices=result.devices,
        )

    def _write_columns(self, plan: Plan, told: Iterable[str] = ()) -> None:
        try:
            with _write_errors():
                write_experiment(self._logs, plan, told)
        except NoSpaceError as error:
            self._room.met(error)
        else:
            self._columns_due = False

    def _met(self, error: OSError) -> None:
        """Take note of a full disk; anything else is raised."""
        if not is_full(error):
            raise error
        self._room.met(error)


def _say_why(files: RunFiles, result: Result) -> None:
    if result.traceback or result.error:
        files.say(result.traceback or f"{result.status}: {result.error}\n")


@contextmanager
def _write_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = "mend that, then give the same command again; it goes on from there"
        kind = NoSpaceError if is_full(error) else StoreError
        raise kind(f"{error.filename or 'the log folder'}: {error.strerror}", hint=hint) from error
