"""A trainer without TensorFlow, for tests of everything around training.

It has the two functions of `hpexp.train.worker`. A run's numbers are a smooth function
of its seed; the model option `behave` makes it misbehave: `raise`, `exit`, `crash`,
`hang`, `slow` (0.2 s an epoch), `brisk` (0.02 s), `print`, or `die` (the worker ends before it starts).
Only the seeds in the option `unlucky` (a text such as `"1 3"`) misbehave; all when absent.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from hpexp.messages import EpochEnd, Finished, Job, LogText, Message, Started
from hpexp.model import Experiment, Result, Run, Status

PACES = {"slow": 0.2, "brisk": 0.02}
"""Seconds an epoch takes."""


def warm_up() -> None:
    """Nothing to import."""


def train_job(job: Job, emit: Callable[[Message], None]) -> None:
    """Pretend to train every run of the job, one after the other."""
    for run in job.group.runs:
        behaviour = _behaviour(job.experiment, run)
        if behaviour == "die":
            os._exit(5)
        emit(Started(run.id, time.time()))
        try:
            emit(Finished(run.id, _train(run, behaviour, emit)))
        except RuntimeError as error:
            text = traceback.format_exc()
            emit(Finished(run.id, Result(Status.FAILED, error=f"RuntimeError: {error}", traceback=text)))


def _behaviour(experiment: Experiment, run: Run) -> str:
    options = experiment.model.options
    unlucky = str(options.get("unlucky", run.seed)).split()
    return str(options.get("behave", "")) if str(run.seed) in unlucky else ""


def _train(run: Run, behaviour: str, emit: Callable[[Message], None]) -> Result:
    epochs = run.params["epochs"]
    assert isinstance(epochs, int)
    logs: dict[str, float] = {}
    for epoch in range(epochs):
        if epoch == 1 or epochs == 1:
            _misbehave(behaviour, run, emit)
        time.sleep(PACES.get(behaviour, 0))
        loss = 1.0 / (epoch + 1 + run.seed)
        logs = {"loss": loss, "accuracy": 1 - loss, "val_loss": loss, "val_accuracy": 1 - loss}
        emit(EpochEnd(run.id, epoch, {**logs, "learning_rate": 0.01}, time.time()))
    return Result(Status.DONE, epochs, epochs - 1, logs, {"loss": 0.5, "accuracy": 0.5}, 0.01 * epochs)


def _misbehave(behaviour: str, run: Run, emit: Callable[[Message], None]) -> None:
    if behaviour == "raise":
        raise RuntimeError("the model is unwell")
    if behaviour == "print":
        emit(LogText(run.id, "hello from the model\n"))
    elif behaviour == "exit":
        os._exit(3)
    elif behaviour == "crash":
        print("about to crash", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif behaviour == "hang":
        time.sleep(3600)
