"""One run through `keras.Model.fit`: takes anything Keras takes, and is the reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from hpexp.dataloss import ranked_by
from hpexp.errors import HpexpError
from hpexp.failures import failure
from hpexp.memory import wrong_batch
from hpexp.messages import EpochEnd, Finished, Job, Phase, Report, Started, SummaryData, Together
from hpexp.model import Experiment, ModelSpec, Objective, Params, Program, Result, Run, Status
from hpexp.train.callbacks import BestWeights, Order, Reporter, Saver, Stopping, best_epoch
from hpexp.train.checkpoint import Checkpoint, Progress, announce
from hpexp.train.data import Data, Streamed, prepared
from hpexp.train.heads import Head
from hpexp.train.losses import make_loss
from hpexp.train.models import build_model
from hpexp.train.notes import notices
from hpexp.train.optimizers import base_learning_rate, make_optimizer
from hpexp.train.output import captured
from hpexp.train.pipeline import Batches, number_of, scored, some_examples, training_batches
from hpexp.train.reading import EXAMPLES, Reading, judges_itself, read_head
from hpexp.train.saving import save_model
from hpexp.train.schedules import learning_rate
from hpexp.train.seeds import seed_generators
from hpexp.train.start import devices, threads
from hpexp.train.summaries import graph
from hpexp.train.told import Told, told_of
from hpexp.train.watch import Diverged, Watch
from hpexp.train.weights import assign, starting_values
from hpexp.vocabulary import batch_size

Emit = Callable[[Report], None]


def train_run(job: Job, run: Run, data: Data, emit: Emit) -> None:
    """Train one run; whatever goes wrong in it becomes its result.

    `data` are as opened; the run's normalization is applied here.
    """
    with captured(run.id, emit) as log:
        log(Started(run.id, time.time()))
        log(Together(run.id, (run.id,), Program((run.id,), threads())))
        try:
            result = _train(job, run, data, log)
        except BaseException as error:  # own code may raise SystemExit, or anything
            result = failure(error)
        log(Finished(run.id, result))


def _train(job: Job, run: Run, data: Data, emit: Emit) -> Result:
    began = time.perf_counter()
    experiment, params = job.experiment, run.params
    seed_generators(run.seed)
    _check_batch(job, run, data)
    data = prepared(data, experiment.model, params)
    batches = training_batches(data, batch_size(params["batch"], number_of(data, "train")), run.seed)
    epochs = _epochs(job, run)
    emit(Phase("building the model"))
    model, reading = _built(experiment.model, run, data)
    for notice in notices(run.id, reading.notes):
        emit(notice)
    told = told_of(experiment, model, data)
    metrics = told.metrics(reading.head, data.problem.outputs)
    compile_model(model, params, reading.head, metrics, batches.updates_per_epoch, epochs)
    watch = Watch(model.optimizer)
    checkpoint = Checkpoint(job.checkpoints, run.id, data=job.fingerprint) if job.checkpoints else None
    progress = _resumed(checkpoint, model, run, emit)
    earlier = progress.seconds

    def seconds() -> float:
        return earlier + time.perf_counter() - began

    if run.id in job.graph_for:
        emit(SummaryData(run.id, 0, "graph", graph(model, data.problem.input_shape)))
    stopping = _stopping(experiment, told, progress)
    callbacks: list[Any] = [
        Order(batches),
        watch,
        Reporter(run.id, emit, progress, experiment.tensorboard.histograms),
    ]
    if stopping is not None:
        callbacks.append(stopping)
    elif experiment.objective.restores:
        callbacks.append(BestWeights(experiment.objective, progress))
    if checkpoint is not None:
        callbacks.append(Saver(checkpoint, progress, experiment.training.checkpoint_every, seconds))
    test: Mapping[str, float] = {}
    divergence = None
    emit(Phase("training"))
    try:
        _fit(model, data, batches, callbacks, progress, epochs)
        emit(Phase("testing"))
        test = evaluate(model, data)
        path = (job.models or {}).get(run.id)
        if path:
            save_model(model, path)
    except Diverged as diverged:
        divergence = diverged
    if checkpoint is not None:
        checkpoint.delete()
    taken = _epoch_taken(progress.epochs, experiment.objective, stopping)
    return Result(
        status=_status(divergence, stopping),
        epochs=len(progress.epochs),
        best_epoch=taken,
        metrics={} if taken is None else _metrics(progress.epochs[taken]),
        test=test,
        seconds=seconds(),
        error=None if divergence is None else str(divergence),
        divergence=None if divergence is None else divergence.divergence,
        engine="fit",
        devices=devices(),
        own_loss=judges_itself(model),
    )


def _check_batch(job: Job, run: Run, data: Data) -> None:
    """Raise HpexpError for a batch that is too large for memory: what a plan cannot know of own data."""
    if isinstance(data, Streamed):
        batch = run.params["batch"]
        wrong = wrong_batch(batch, len(data.train), data.size, job.experiment.resources)
        if wrong:
            raise HpexpError(f"batch: {wrong}")


def _epochs(job: Job, run: Run) -> int:
    epochs = run.params["epochs"]
    assert isinstance(epochs, int)
    return 1 if job.experiment.smoke else epochs


def _built(spec: ModelSpec, run: Run, data: Data) -> tuple[keras.Model, Reading]:
    """The model with its starting weights, and what its outputs are."""
    model = build_model(spec, run.params, data.problem, run.seed)
    if spec.kind != "python":
        assign(model, starting_values(model, spec, run.params, data.problem)(run.seed))
    return model, read_head(model, spec, run.params, data.problem, *some_examples(data, EXAMPLES))


def compile_model(
    model: keras.Model, params: Params, head: Head, metrics: list[Any], updates_per_epoch: int, epochs: int
) -> None:
    """Give the model the optimizer and the loss that its parameters ask for, and these metrics."""
    smoothing = params.get("label_smoothing", 0.0)
    assert isinstance(smoothing, int | float)
    rate = learning_rate(params, base_learning_rate(params), updates_per_epoch, epochs)
    model.compile(
        optimizer=make_optimizer(params, rate),
        loss=make_loss(head, smoothing=smoothing),
        metrics=metrics,
        # XLA takes a second to compile each of train step, its last batch, and evaluation.
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)


def _resumed(checkpoint: Checkpoint | None, model: keras.Model, run: Run, emit: Emit) -> Progress:
    """The progress of an interrupted run, told again, its variables set; else a new one."""
    progress = checkpoint.restore(model) if checkpoint is not None else None
    if progress is None:
        return Progress()
    for message in announce(run.id, progress):
        emit(message)
    return progress


def _stopping(experiment: Experiment, told: Told, progress: Progress) -> Stopping | None:
    """Early stopping on a metric that there is none of never stops, as in Keras."""
    rule = experiment.early_stopping
    if rule is None or rule.monitor not in told.names:
        return None
    return Stopping(rule, ranked_by(rule.monitor, told.names), progress, experiment.objective.restores)


def _fit(
    model: keras.Model,
    data: Data,
    batches: Batches,
    callbacks: list[Any],
    progress: Progress,
    epochs: int,
) -> None:
    validation: dict[str, Any] = {}
    if found := scored(data, "validation"):
        x, y, size = found
        validation["validation_data"] = x if y is None else (x, y)
        validation["validation_batch_size"] = None if y is None else size
    stopped = bool(progress.stopping.get("stopped_epoch"))
    model.fit(
        batches.dataset,
        initial_epoch=epochs if stopped else len(progress.epochs),
        epochs=epochs,
        callbacks=callbacks,
        shuffle=False,
        verbose=0,
        **validation,
    )


def evaluate(model: keras.Model, data: Data) -> dict[str, float]:
    """Loss and metric on the test split."""
    found = scored(data, "test")
    if found is None:
        return {}
    x, y, size = found
    batches = None if y is None else size
    scores = model.evaluate(x, y, batch_size=batches, verbose=0, return_dict=True)
    return {name: float(value) for name, value in scores.items()}


def _epoch_taken(epochs: Sequence[EpochEnd], objective: Objective, stopping: Stopping | None) -> int | None:
    """The epoch whose weights the model has at the end."""
    if not epochs:
        return None
    if not objective.restores:
        return len(epochs) - 1
    return best_epoch(epochs, objective) if stopping is None else stopping.best_epoch


def _metrics(epoch: EpochEnd) -> dict[str, float]:
    return {name: value for name, value in epoch.logs.items() if name != "learning_rate"}


def _status(diverged: Diverged | None, stopping: Stopping | None) -> Status:
    if diverged is not None:
        return Status.DIVERGED
    return Status.STOPPED if stopping is not None and stopping.stopped else Status.DONE
