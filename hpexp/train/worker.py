"""The one entry to training: a job's runs, by the engine that suits them -> messages."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import keras

from hpexp.errors import DataError, HpexpError
from hpexp.failures import failure, traceback_of
from hpexp.memory import TOO_LARGE
from hpexp.messages import (
    DataFound,
    DataWrong,
    Finished,
    Free,
    Job,
    LogText,
    Phase,
    Report,
    Started,
    SummaryData,
)
from hpexp.model import Experiment, Run
from hpexp.train import settings, traces
from hpexp.train.data import (
    Arrays,
    Data,
    PlannedFiles,
    Reading,
    Streamed,
    fingerprint,
    open_data,
    prepare,
    summarize,
    watched,
)
from hpexp.train.data.classes import absent_classes
from hpexp.train.data.coarse import coarse_inputs
from hpexp.train.fit import train_run
from hpexp.train.imports import beside
from hpexp.train.models import build_model
from hpexp.train.output import belonging_to, held, logged, say
from hpexp.train.start import devices, use_threads
from hpexp.train.summaries import graph

Emit = Callable[[Report], None]

_opened: dict[str, tuple[Data, DataFound, PlannedFiles]] = {}
"""The data of the last job and what is told of them, by its DataSpec: jobs of one experiment share them."""
_printed: dict[str, str] = {}
"""What was printed when data were loaded first, own modules with them."""


def warm_up() -> None:
    """Do now what the first run would wait for: importing this module has imported TensorFlow."""


def train_job(job: Job, emit: Emit) -> Free:
    """Train all runs of a job; each ends in a Finished, whatever happens, unless the data are wrong.

    A compiled group that cannot be trained as one program goes run by run through
    `fit`, and each run's log says why. Where own code has changed this process, the job ends
    before the next run, and what is told says so.
    """
    if job.threads:
        use_threads(job.threads)
    job = _drawn(job)
    experiment = job.experiment
    folder = experiment.model.folder or experiment.data.folder
    with beside(folder, job.code), settings.kept(), _log(job, emit) as log:
        if not _is_own(experiment):
            _train_job(job, log, Soiled(own=False))
            return Free()
        traces.begin()
        soiled = Soiled(own=True)
        _train_job(job, log, soiled)
        return Free(soiled.by or traces.left(), experiment.name if traces.loaded() else "")


def _is_own(experiment: Experiment) -> bool:
    return "python" in (experiment.model.kind, experiment.data.kind)


class Soiled:
    """Follows what own code leaves behind: `by` is the first thing found."""

    def __init__(self, *, own: bool) -> None:
        self.by = ""
        self._own = own

    def look(self) -> str:
        if self._own and not self.by:
            self.by = traces.left()
        return self.by

    def watching(self, run: Run, emit: Emit) -> Emit:
        """Looks when the run has ended, and says in its log what it left behind."""

        def told(message: Report) -> None:
            if isinstance(message, Finished) and self.look():
                text = f"this run changed {self.by}; the runs after it get a new worker\n"
                emit(LogText(run.id, text))
            emit(message)

        return told


@contextmanager
def _log(job: Job, emit: Emit) -> Iterator[Emit]:
    """What own code prints goes to the runs' logs."""
    if not _is_own(job.experiment):
        yield emit
        return
    with logged([run.id for run in job.group.runs], emit) as log:
        yield log


def _train_job(job: Job, emit: Emit, soiled: Soiled) -> None:
    runs = job.group.runs
    first = runs[0].id if runs else ""
    emit(Phase("loading data", shared=True))
    try:
        data, found, files = _data(job)
    except HpexpError as error:
        emit(DataWrong(first, str(error), error.hint))
        return
    except BaseException as error:  # own code may raise SystemExit, or anything
        for run in runs:
            emit(Started(run.id, time.time()))
            emit(Finished(run.id, failure(error)))
        return
    emit(replace(found, run_id=first))
    if first:
        # Each job's first run tells what the data function printed, whichever job it ran for.
        say(first, _printed.get(_key(job), ""))
    job, emit = replace(job, fingerprint=found.fingerprint), _of_data(found.fingerprint, files, emit)
    left = [(run, run.engine_reason if run.proof else "") for run in runs]
    if job.group.engine == "compiled":
        if isinstance(data, Streamed):
            left = [(run, f"not compiled: {TOO_LARGE}") for run in runs]
        else:
            left = _train_compiled(job, data, emit)
            if left:
                soiled.look()
    for run, why in left:
        if soiled.by and len(job.group.runs) > 1:
            return
        with settings.kept():
            train_run(job, run, data, soiled.watching(run, _noting(emit, run, why)))
        _forget()


def _of_data(fingerprint: str, files: PlannedFiles | None, emit: Emit) -> Emit:
    """Puts the data's fingerprint into the results; files that changed meanwhile give none."""

    def told(message: Report) -> None:
        if isinstance(message, Finished):
            result = message.result
            try:
                if files is not None and result.status.finished:
                    files.check()
            except DataError as error:
                result = replace(failure(error), epochs=result.epochs, seconds=result.seconds)
            message = replace(message, result=replace(result, fingerprint=fingerprint))
        emit(message)

    return told


def _train_compiled(job: Job, arrays: Arrays, emit: Emit) -> list[tuple[Run, str]]:
    """Train as lanes; the runs that are left over, and why."""
    from hpexp.train.compiled import train_group

    finished: set[str] = set()
    told = _with_graphs(job, arrays, emit)

    def watched(message: Report) -> None:
        if isinstance(message, Finished):
            finished.add(message.run_id)
            message = replace(message, result=replace(message.result, devices=devices()))
        told(message)

    failed = ""
    refused: dict[str, str] = {}
    try:
        refused = train_group(job, arrays, watched)
    except HpexpError:
        pass  # an own model that will not do: `fit` says so for each run
    except BaseException as error:  # what own code raises ends its run, which fit will tell
        failed = f"the compiled engine failed, so this run went through fit:\n{traceback_of(error).strip()}"
    _forget()
    return [
        (run, f"not compiled: {refused[run.id]}" if run.id in refused else failed)
        for run in job.group.runs
        if run.id not in finished
    ]


def _with_graphs(job: Job, arrays: Arrays, emit: Emit) -> Emit:
    """Adds the graph of the models that want one, when they start."""
    runs = {run.id: run for run in job.group.runs if run.id in job.graph_for}

    def told(message: Report) -> None:
        emit(message)
        run = runs.get(message.run_id) if isinstance(message, Started) else None
        if run is not None:
            spec, problem = job.experiment.model, prepare(arrays, job.experiment.model, run.params).problem
            with belonging_to(run.id):
                model = build_model(spec, run.params, problem, run.seed)
            emit(SummaryData(run.id, 0, "graph", graph(model, problem.input_shape)))

    return told


def _noting(emit: Emit, run: Run, why: str) -> Emit:
    """Tells why a run went through `fit`: in its log once it has started, and with its result."""

    def told(message: Report) -> None:
        if why and isinstance(message, Finished):
            message = replace(message, result=replace(message.result, engine_reason=why.partition("\n")[0]))
        emit(message)
        if why and isinstance(message, Started):
            emit(LogText(run.id, why + "\n"))

    return told


def _key(job: Job) -> str:
    experiment, data = job.experiment, job.experiment.data
    return repr((data, data.split.repeat, job.content, experiment.resources, experiment.smoke))


def _drawn(job: Job) -> Job:
    """The job on the drawing of the split that its runs ask for, one for all."""
    data, runs = job.experiment.data, job.group.runs
    split = replace(data.split, repeat=runs[0].repeat if runs else 0)
    return replace(job, experiment=replace(job.experiment, data=replace(data, split=split)))


def _data(job: Job) -> tuple[Data, DataFound, PlannedFiles | None]:
    """The data, what is told of them, and the files that they are still read from, if any."""
    experiment, key = job.experiment, _key(job)
    if key not in _opened:
        # The last experiment's go first: there may be no room for both.
        _opened.clear()
        reading = Reading(experiment.data)
        with held() as texts, settings.kept(), watched(reading):
            data = open_data(experiment.data, experiment.resources, smoke=experiment.smoke)
            planned = PlannedFiles(experiment.data, job.content)
            planned.check()
        files = reading.files() if experiment.data.kind == "python" else ()
        summary = summarize(data)
        notes = (*data.notes, *coarse_inputs(data, experiment))
        notes += () if experiment.smoke else absent_classes(summary)
        found = DataFound("", summary, data.problem.input_shape, notes, fingerprint(data), files)
        _opened[key] = data, found, planned
        traces.accept()
        _printed.setdefault(key, "".join(texts))
    data, found, planned = _opened[key]
    if not isinstance(data, Streamed) or not data.reads(experiment.data.source):
        return data, found, None
    planned.check()
    return data, found, planned


def _forget() -> None:
    """Free what Keras keeps of a trained model, so that a worker's memory stays flat."""
    keras.backend.clear_session(free_memory=False)
    gc.collect()
