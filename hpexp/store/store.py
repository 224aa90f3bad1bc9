"""What the driver tells the store, and what others ask of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from hpexp.errors import NoSpaceError, StoreError
from hpexp.messages import EpochEnd
from hpexp.model import DataSummary, Experiment, Files, Program, Result, Run, Status, Verdict
from hpexp.paths import LogsFolder
from hpexp.reads import ReadFile
from hpexp.store import reading, writing
from hpexp.store.database import Database
from hpexp.store.records import StoredExperiment, StoredRun
from hpexp.store.values import to_text


class Store:
    """The runs of one log folder; a context manager that commits and closes at its end.

    Rows become visible to others, and survive a killed driver, with `commit`. What runs have
    told is kept in memory until it is committed: SQLite drops the transaction that a full disk
    cuts short, and the next commit tells it again. The caller of the writing methods holds the
    folder's lock (`hpexp.lock`).

    Every method raises StoreError where the file is damaged or cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[str, dict[str, int]] = {}
        self._epochs: defaultdict[int, list[tuple[int, int, float, str]]] = defaultdict(list)
        self._begun: dict[str, tuple[object, ...]] = {}
        self._invocations: dict[str, int] = {}
        self._committed: dict[str, int] = {}
        """Those of `_invocations` that are on disk."""
        self._steps: list[Callable[[], None]] = []
        """What runs have told since the last commit."""
        self._taken = 0
        """How many of the steps the open transaction holds."""
        self._ended: list[tuple[str, str]] = []

    @classmethod
    def open(cls, logs: LogsFolder) -> Store:
        """The folder's store for writing; made, or brought up to date, where needed."""
        return cls(Database.for_writing(logs.database))

    @classmethod
    def read(cls, logs: LogsFolder) -> Store | None:
        """The folder's store for reading alone, or None where there is none yet."""
        database = Database.for_reading(logs.database)
        return None if database is None else cls(database)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, StoreError):
            self._database.close()
        else:
            self.close()

    def close(self) -> None:
        """Commit and close."""
        try:
            self.commit()
        finally:
            self._database.close()

    def recover(self) -> None:
        """What a killed driver left running was interrupted."""
        writing.interrupt_running(self._database)
        self.commit()

    def begin(self, experiment: Experiment, command: str, facts: Mapping[str, object]) -> None:
        """Make the experiment known; `command` and `facts` go to the runs trained from here on."""
        now = time.time()
        writing.forget_data(self._database)
        writing.put_experiment(self._database, experiment, now)
        self._begun[experiment.name] = (now, command, experiment.path, experiment.text, to_text(facts))
        self._invocations.pop(experiment.name, None)

    def add(self, runs: Iterable[Run]) -> None:
        """Make these the planned runs of their experiments.

        New runs are pending; known ones keep their status and, once they have their
        answer, the name of their folder. Runs that are no longer planned stay stored.
        """
        by_experiment: defaultdict[str, list[Run]] = defaultdict(list)
        for run in runs:
            by_experiment[run.experiment].append(run)
        for experiment, planned in by_experiment.items():
            writing.put_runs(self._database, experiment, planned)
            self._numbers.pop(experiment, None)

    def reset(self, experiment: str, ids: Collection[str]) -> None:
        """Forget results and epochs of these runs; they are pending again."""
        numbers = self._numbers_of(experiment)
        writing.reset(self._database, [numbers[each] for each in ids if each in numbers])

    def statuses(self, experiment: str) -> dict[str, Status]:
        """Status by id of every stored run, planned or not."""
        self._take_steps()
        rows = self._database.rows("SELECT id, status FROM runs WHERE experiment = ?", (experiment,))
        return {run_id: Status(status) for run_id, status in rows}

    def fingerprints(self, experiment: str) -> dict[str, str]:
        """By id: which data the runs that have their answer were trained on; '' where that is not known."""
        self._take_steps()
        sql = "SELECT id, fingerprint, status FROM runs WHERE experiment = ?"
        rows = self._database.rows(sql, (experiment,))
        return {run_id: fingerprint for run_id, fingerprint, status in rows if Status(status).finished}

    def reads(self, experiment: str, fingerprints: Collection[str]) -> list[ReadFile]:
        """What the experiment's data function had read when it gave data of these fingerprints."""
        self._take_steps()
        return reading.reads(self._database, experiment, fingerprints)

    def has_read(self, experiment: str, fingerprint: str, files: Sequence[ReadFile]) -> None:
        """Note what the experiment's data function has read for these data."""
        self._steps.append(partial(writing.put_reads, self._database, experiment, fingerprint, files))

    def anew(self, runs: Iterable[Run]) -> None:
        """Forget results and epochs of runs that are trained again now, in folders named as planned."""
        runs = list(runs)
        for experiment in {run.experiment for run in runs}:
            self.reset(experiment, [run.id for run in runs if run.experiment == experiment])
        writing.rename(self._database, [(run.name, self._number(run.experiment, run.id)) for run in runs])

    def started(self, experiment: str, run_id: str, time: float, fingerprint: str = "") -> None:
        """The run begins anew at `time`, on these data; what an earlier try left is forgotten."""
        number = self._number(experiment, run_id)
        self._epochs.pop(number, None)
        self._steps.append(partial(self._start, experiment, number, time, fingerprint))

    def judged(self, experiment: str, proof: str, versions: str, verdict: Verdict) -> None:
        """Note what these versions found of an own model in the compiled engine."""
        put = partial(writing.put_verdict, self._database, experiment, proof, versions, verdict)
        self._steps.append(put)

    def forget_verdicts(self, experiments: Collection[str]) -> None:
        """Forget what was found of these experiments' own models; at once."""
        writing.forget_verdicts(self._database, experiments)

    def together(self, experiment: str, ids: Collection[str], program: Program) -> None:
        """Note the program in which these runs train from now on."""
        numbers = [self._number(experiment, each) for each in ids]
        self._steps.append(partial(writing.put_program, self._database, numbers, program))

    def epoch(self, experiment: str, row: EpochEnd) -> None:
        """Note an epoch; it is written at the next commit, or when its run ends."""
        number = self._number(experiment, row.run_id)
        self._epochs[number].append((number, row.epoch, row.time, to_text(row.logs)))

    def finished(self, experiment: str, run_id: str, result: Result, files: Files | None = None) -> None:
        """The run has ended, with these event files; it counts as done with the next commit."""
        number = self._number(experiment, run_id)
        epochs = self._epochs.pop(number, [])
        self._steps.append(
            partial(self._finish, experiment, number, epochs, result, files or {}, time.time())
        )
        self._ended.append((experiment, run_id))

    def found(self, experiment: str, repeat: int, summary: DataSummary, fingerprint: str = "") -> None:
        """Note what the data of this fingerprint came to, in one repeat of their split."""
        put = partial(writing.put_data, self._database, experiment, fingerprint, repeat, summary)
        self._steps.append(put)

    def rewritten(self, experiment: str, run_id: str, files: Files) -> None:
        """The run's event files have been written again."""
        writing.put_files(self._database, self._number(experiment, run_id), files)

    def commit(self) -> None:
        """Make all that was told so far last.

        Raises:
            NoSpaceError: the disk is full; what runs have told is kept for the next commit.
        """
        try:
            self._take_steps()
            if self._epochs:
                writing.put_epochs(self._database, [row for rows in self._epochs.values() for row in rows])
            self._database.commit()
        except NoSpaceError:
            self._roll_back()
            raise
        self._epochs.clear()
        self._steps.clear()
        self._ended.clear()
        self._taken = 0
        self._committed = dict(self._invocations)

    def shrink(self) -> None:
        """Give back to the disk what the store can spare, after a commit that found no space."""
        self._roll_back()
        self._database.shrink()

    @property
    def unstored(self) -> Sequence[tuple[str, str]]:
        """Experiment and id of the runs that have ended since the last commit."""
        return tuple(self._ended)

    def runs(self, experiment: str | None, *, all_: bool = False) -> list[StoredRun]:
        """Planned runs in plan order; with `all_`, those no longer planned as well."""
        self._take_steps()
        return reading.runs(self._database, experiment, all_=all_)

    def experiments(self) -> list[StoredExperiment]:
        """Every experiment, by name."""
        self._take_steps()
        return reading.experiments(self._database)

    def verdicts(self, experiment: str, versions: str) -> dict[str, Verdict]:
        """What these versions found of an experiment's own models, by the runs' `proof`."""
        self._take_steps()
        return reading.verdicts(self._database, experiment, versions)

    def epochs(self, experiment: str, run_id: str) -> list[EpochEnd]:
        """The epochs of a run's last try."""
        self._take_steps()
        return reading.epochs(self._database, experiment, run_id)

    def files(self, experiment: str) -> dict[str, tuple[str, Files]]:
        """Folder and event files, by id, of the planned runs that have their answer."""
        self._take_steps()
        return reading.files(self._database, experiment)

    def program(self, experiment: str, run_id: str) -> Program | None:
        """The last program that a run was trained in; None where that is not known."""
        self._take_steps()
        return reading.program(self._database, experiment, run_id)

    def delete(self, experiment: str | None, ids: Collection[str] | None) -> None:
        """Delete runs with their epochs: of one experiment or all, these ids or all."""
        writing.delete(self._database, experiment, ids)
        self._numbers.clear()
        self.commit()
        self._database.compact()

    def copy_to(self, path: Path) -> None:
        """Write what is committed to a new store at `path`, also where this store's own file is gone.

        Raises:
            StoreError: it could not be written, or something lies there.
        """
        self._database.copy_to(path)

    def integrity(self) -> str | None:
        """What is wrong with the file, or None."""
        return self._database.integrity()

    def _take_steps(self) -> None:
        """Write what runs have told, in the open transaction."""
        try:
            while self._taken < len(self._steps):
                self._steps[self._taken]()
                self._taken += 1
        except NoSpaceError:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        self._database.rollback()
        self._taken = 0
        self._invocations = dict(self._committed)

    def _start(self, experiment: str, number: int, time: float, fingerprint: str) -> None:
        writing.start(self._database, number, time, fingerprint, self._invocation(experiment))

    def _finish(
        self,
        experiment: str,
        number: int,
        epochs: Iterable[tuple[int, int, float, str]],
        result: Result,
        files: Files,
        now: float,
    ) -> None:
        writing.put_epochs(self._database, epochs)
        writing.finish(self._database, number, result, files, now, self._invocation(experiment))

    def _number(self, experiment: str, run_id: str) -> int:
        return self._numbers_of(experiment)[run_id]

    def _numbers_of(self, experiment: str) -> dict[str, int]:
        if experiment not in self._numbers:
            rows = self._database.rows("SELECT id, number FROM runs WHERE experiment = ?", (experiment,))
            self._numbers[experiment] = dict(rows)
        return self._numbers[experiment]

    def _invocation(self, experiment: str) -> int:
        """Written with the first run it trains, so that idle invocations leave no trace."""
        if experiment not in self._invocations:
            self._invocations[experiment] = writing.put_invocation(
                self._database, experiment, self._begun[experiment]
            )
        return self._invocations[experiment]
