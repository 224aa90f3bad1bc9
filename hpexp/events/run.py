"""The event files of one run, fed by the recorder."""

from __future__ import annotations

import time
from collections.abc import Collection

from hpexp.events import encode
from hpexp.events.file import EventFile, own_files
from hpexp.events.hparams import END_TAG, START_TAG, best_metrics, session_end, session_start
from hpexp.events.mark import mark, owned, read_mark
from hpexp.messages import EpochEnd, SummaryData
from hpexp.model import Files, Result, Run
from hpexp.paths import RUN_EVENTS, RunPaths

_VALIDATION = "val_"


class RunEvents:
    """Writes `train/` and `validation/` of one run; tags and steps are those of keras.callbacks.TensorBoard.

    `text` names the parameters that the HParams table shows as text (`text_columns`).
    Nothing is held open; what is added reaches the disk at `flush` and `finish`.
    """

    def __init__(self, paths: RunPaths, text: Collection[str] = ()) -> None:
        self._paths = paths
        self._text = frozenset(text)
        self._train: EventFile | None = None
        self._validation: EventFile | None = None
        self._time = 0.0

    def start(self, run: Run) -> None:
        """Remove the event files of an earlier try, and begin. Files that are not hpexp's stay."""
        self._clear()
        self._time = time.time()
        self._train = EventFile(self._paths.train, self._time)
        start = session_start(run, self._text, self._time)
        self._train.add(encode.hparams(self._time, START_TAG, start))

    def epoch(self, row: EpochEnd) -> None:
        """Add an epoch's scalars."""
        train: dict[str, float] = {}
        validation: dict[str, float] = {}
        for name, value in row.logs.items():
            if name.startswith(_VALIDATION):
                validation["epoch_" + name[len(_VALIDATION) :]] = value
            else:
                train["epoch_" + name] = value
        if train:
            self._writer.add(encode.scalars(row.time, row.epoch, train))
        if validation:
            if self._validation is None:
                self._validation = EventFile(self._paths.validation, self._time)
            self._validation.add(encode.scalars(row.time, row.epoch, validation))

    def summary(self, data: SummaryData) -> None:
        """Add a graph or a histogram."""
        event = encode.graph if data.kind == "graph" else encode.summary
        self._writer.add(event(time.time(), data.step, data.data))

    def flush(self) -> None:
        """Append what has been added to the files, where TensorBoard sees it.

        Raises:
            OSError: it could not be written, of a full disk say; the next flush tries again.
        """
        for file in (self._train, self._validation):
            if file is not None:
                file.flush()

    def drop(self) -> None:
        """Forget what is not on disk yet; a file that has never been written is never begun."""
        if self._validation is not None and not self._validation.drop():
            self._validation = None
        if self._train is not None and not self._train.drop():
            self._train = None

    def finish(self, result: Result) -> None:
        """Add the best epoch's metrics and how the run ended; the files are complete after it.

        Raises:
            OSError: they could not be written; a `flush` that succeeds completes them.
        """
        if self._train is None:
            return
        now = time.time()
        best = best_metrics(result.metrics)
        if best:
            self._writer.add(encode.scalars(now, result.best_epoch or 0, best))
        self._writer.add(encode.hparams(now, END_TAG, session_end(result, now)))
        self.flush()

    @property
    def files(self) -> Files:
        """What is on disk of this try."""
        return {
            str(file.path.relative_to(self._paths.folder)): file.facts
            for file in (self._train, self._validation)
            if file is not None and file.facts.size
        }

    def discard(self) -> None:
        """Remove what this try wrote: the run will be tried again."""
        self._train = self._validation = None
        self._clear()

    @property
    def _writer(self) -> EventFile:
        assert self._train is not None, "start comes first"
        return self._train

    def _clear(self) -> None:
        expected = mark(*self._paths.folder.parts[-2:])
        for folder in (self._paths.train, self._paths.validation):
            for path in own_files(folder, RUN_EVENTS):
                if owned(read_mark(path), expected, stored=True):
                    path.unlink(missing_ok=True)
