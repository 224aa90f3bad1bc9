"""What a worker tells the driver, in order, for each run it trains.

::

    Started -> (Together | EpochEnd | SummaryData | LogText)* -> Finished

Before the first run of a job, once its data are loaded, comes DataFound; or DataWrong, and nothing
else. Then comes a Proved for each kind of own model that the compiled engine has tried itself on. A job
without runs only looks at the data; its `run_id` is ''. By a Phase it says
what it is at, so that what hangs can be ended with a reason. A worker may
interleave the messages of several runs (the lanes of a group). The driver alone writes the
store and the event files, so a worker needs no shared disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hpexp.model import DataSummary, Experiment, Group, Program, Result, Verdict
from hpexp.reads import ReadFile


@dataclass(frozen=True, slots=True)
class Job:
    """What the driver gives a worker: train these runs with the group's engine.

    `checkpoints` is the folder for `training.checkpoint_every`, '' where none is wanted.
    `graph_for` holds the ids of the runs whose graph is logged.
    """

    experiment: Experiment
    group: Group
    graph_for: frozenset[str] = frozenset()
    checkpoints: str = ""
    models: Mapping[str, str] | None = None
    """Run id -> path of the `model.keras` to save; `None` where none is wanted."""
    code: Mapping[str, str] = field(default_factory=dict)
    """The files of own code as planned (`Plan.code`): no other text of them may run."""
    content: str = ""
    """That of the data's files as planned (`DataFacts.content`): nothing else may be trained on."""
    fingerprint: str = ""
    """That of the data; a worker knows it once it has loaded them."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """What is known of own models, by their runs' `proof`."""
    program: Program | None = None
    """To be repeated as it was: all runs as its lanes, whatever memory and time would advise."""
    threads: int = 0
    """Threads for TensorFlow, decided by a worker's first job; 0 leaves it to TensorFlow."""


@dataclass(frozen=True, slots=True)
class DataFound:
    """What the data of this run, and of the others of its job, came to.

    `run_id` is '' for a job without runs, which only looks. `fingerprint` is that of the
    data's numbers; `files` are what a data function has read.
    """

    run_id: str
    summary: DataSummary
    shape: tuple[int, ...] = ()
    """Of one example as loaded, before a model's own shape."""
    notes: tuple[str, ...] = ()
    """What was assumed of them, and what a person may not expect."""
    fingerprint: str = ""
    files: tuple[ReadFile, ...] = ()


@dataclass(frozen=True, slots=True)
class DataWrong:
    """No run can be trained on the data of this run, and of the others of its job: they are wrong.

    Nothing more comes for the runs of the job. `message` and `hint` are as in an error.
    """

    run_id: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """Whether the compiled engine may train this run, and all others with its `proof`."""

    run_id: str
    proof: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Started:
    """Training of this run begins now. `time` is seconds since the Unix epoch."""

    run_id: str
    time: float


@dataclass(frozen=True, slots=True)
class Together:
    """These runs train in this program from now on; `run_id` is one of them."""

    run_id: str
    runs: tuple[str, ...]
    program: Program


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """One epoch's numbers: `loss`, `accuracy`, `val_loss`, …, `learning_rate`.

    `epoch` counts from 0; `time` is when the epoch ended, seconds since the Unix epoch.
    """

    run_id: str
    epoch: int
    logs: Mapping[str, float]
    time: float


@dataclass(frozen=True, slots=True)
class SummaryData:
    """A ready-made TensorBoard payload for the run's `train` writer.

    `kind` says which field of a TensorBoard Event the bytes are: a serialised
    `GraphDef` (`graph`) or a serialised `Summary` (`summary`).
    """

    run_id: str
    step: int
    kind: Literal["graph", "summary"]
    data: bytes


@dataclass(frozen=True, slots=True)
class LogText:
    """Text for the run's `log.txt`. A `notice` is shown to the person as well, once for all runs."""

    run_id: str
    text: str
    notice: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The run has ended; nothing more comes for it."""

    run_id: str
    result: Result


@dataclass(frozen=True, slots=True)
class Phase:
    """What a job is at now: `loading data`, `building the model`. For the driver's clock alone.

    `shared` says that it is the same for all runs of the experiment: where it hangs, it hangs
    for each of them.
    """

    text: str
    shared: bool = False


Message: TypeAlias = (
    DataFound | DataWrong | Proved | Started | Together | EpochEnd | SummaryData | LogText | Finished
)
"""What is told of a run, and recorded."""

Report: TypeAlias = Message | Phase
"""All that comes from training."""


@dataclass(frozen=True, slots=True)
class Free:
    """A worker has ended its job, or has just started, and waits for the next one.

    `soiled` says what the job's own code has changed in it, '' for nothing: such a worker is
    replaced, and runs of the job that have not finished are trained in others. `only_for` is
    the experiment whose modules or data have changed it by being loaded.
    """

    soiled: str = ""
    only_for: str = ""
