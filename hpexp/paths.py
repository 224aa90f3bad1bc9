"""Every path hpexp writes, and what its files are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

DEFAULT_LOGS = Path("logs")
INTERNAL = ".hpexp"
PARTS = ("train", "validation")
RUN_FILES = ("log.txt", "model.keras")
CHECKPOINT_FILES = ("state.npz", "state.new", "lane.npz", "lane.new")
"""Of either engine: whole, and half written by a killed worker."""
NEW_DATABASE = "runs.db.new"
"""In `.hpexp`: a store that is not whole yet."""
DATABASE_FILES = ("runs.db", "runs.db-wal", "runs.db-shm", "runs.db-journal")

_EVENTS = r"events\.out\.tfevents\.\d{10,}\..+\.\d+\.\d+"
RUN_EVENTS = re.compile(_EVENTS)
"""Names of a run's event files; those that TensorFlow writes end in `.v2`."""
EXPERIMENT_EVENTS = re.compile(_EVENTS + r"\.[0-9a-f]{12}|\.writing-\d+")
"""Names of an experiment's own event files, which end with a hash of what they hold, and of
one that a killed hpexp left half written."""


@dataclass(frozen=True, slots=True)
class RunPaths:
    """The files of one run, below `logs/EXPERIMENT/RUN`."""

    folder: Path

    @property
    def train(self) -> Path:
        """TensorBoard events of the training split, the graph and the histograms."""
        return self.folder / "train"

    @property
    def validation(self) -> Path:
        """TensorBoard events of the validation split."""
        return self.folder / "validation"

    @property
    def log(self) -> Path:
        """What the run printed, and its traceback if it failed."""
        return self.folder / "log.txt"

    @property
    def model(self) -> Path:
        """The trained model, where the experiment asks for it."""
        return self.folder / "model.keras"


@dataclass(frozen=True, slots=True)
class LogsFolder:
    """The log folder: `runs.db`, a folder per experiment, and hpexp's own notes under `.hpexp`."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / DATABASE_FILES[0]

    @property
    def internal(self) -> Path:
        """hpexp's own notes: never shown by TensorBoard, deleted by `hpexp clean`."""
        return self.root / INTERNAL

    @property
    def lock(self) -> Path:
        """Held, with an advisory lock, by the one hpexp that writes here."""
        return self.internal / "lock"

    @property
    def reserve(self) -> Path:
        """Space kept aside while `hpexp run` works, for what is to be said on a full disk."""
        return self.internal / "reserve"

    def hparams(self, experiment: str) -> Path:
        """What an experiment adds to the columns of TensorBoard's HParams table."""
        return self.internal / "hparams" / f"{experiment}.json"

    def checkpoints(self, run_id: str) -> Path:
        """Where a run keeps what it needs to go on from its last epoch."""
        return self.internal / "checkpoints" / run_id

    def experiment(self, name: str) -> Path:
        return self.root / name

    def run(self, experiment: str, run_name: str) -> RunPaths:
        return RunPaths(self.experiment(experiment) / run_name)


def rescued_database(logs: LogsFolder) -> Path:
    """A free path for what was saved of a store that another file has replaced while runs were trained."""
    return next(path for number in count(1) if not (path := logs.root / f"runs.rescued-{number}.db").exists())


def logs_words(logs: Path) -> list[str]:
    """The words of a command line that name this log folder; none for the default one."""
    return [] if logs == DEFAULT_LOGS else ["--logs", str(logs)]
