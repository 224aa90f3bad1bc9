"""A trainer without TensorFlow, for tests of everything around training.

It has the two functions of `hpexp.train.worker`. A run's numbers are a smooth function
of its seed; the model option `behave` makes it misbehave: `raise`, `exit`, `crash`,
`hang`, `slow` (0.2 s an epoch), `brisk` (0.02 s), `print`, or `die` (the worker ends before it starts).
What hangs before training: `hang loading`, `build` (for all runs of a compiled job, before
the first starts), and in ways that no signal reaches: `spin` (in C, without letting Python go on),
`stop` (SIGSTOP), `fork` (and the child goes on). `quit` raises SystemExit; `close` closes every
pipe; `soil` and `mark` say that the worker must be replaced, and may train this experiment alone.
Only the seeds in the option `unlucky` (a text such as `"1 3"`) misbehave; all when absent. `"1=stop"`
says how this one does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable

from hpexp.failures import failure
from hpexp.messages import EpochEnd, Finished, Free, Job, LogText, Phase, Report, Started
from hpexp.model import Experiment, Result, Run, Status

PACES = {"slow": 0.2, "brisk": 0.02}
"""Seconds an epoch takes."""


def warm_up() -> None:
    """Nothing to import."""


def train_job(job: Job, emit: Callable[[Report], None]) -> Free:
    """Pretend to train every run of the job, one after the other."""
    behaviours = {run.id: _behaviour(job.experiment, run) for run in job.group.runs}
    emit(Phase("loading data", shared=True))
    if "hang loading" in (behaviours.values() or job.experiment.model.options.values()):
        time.sleep(3600)
    for behaviour in behaviours.values():
        emit(Phase("building the model"))
        _hang(behaviour)
    for run in job.group.runs:
        behaviour = behaviours[run.id]
        if behaviour == "die":
            os._exit(5)
        emit(Started(run.id, time.time()))
        try:
            emit(Finished(run.id, _train(run, behaviour, emit)))
        except BaseException as error:
            emit(Finished(run.id, failure(error)))
        if behaviour == "soil":
            return Free(soiled="keras.optimizers.SGD")
    return Free(only_for=job.experiment.name if "mark" in behaviours.values() else "")


def _hang(behaviour: str) -> None:
    """Before training, where the behaviour says so; see above."""
    if behaviour == "build":
        time.sleep(3600)
    elif behaviour == "spin":
        ctypes.PyDLL(None).sleep(3600)
    elif behaviour == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif behaviour == "fork" and os.fork() == 0:
        os.setsid()
        time.sleep(3600)


def _behaviour(experiment: Experiment, run: Run) -> str:
    options = experiment.model.options
    for each in str(options.get("unlucky", run.seed)).split():
        seed, _, how = each.partition("=")
        if seed == str(run.seed):
            return how or str(options.get("behave", ""))
    return ""


def _train(run: Run, behaviour: str, emit: Callable[[Report], None]) -> Result:
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


def _misbehave(behaviour: str, run: Run, emit: Callable[[Report], None]) -> None:
    if behaviour == "raise":
        raise RuntimeError("the model is unwell")
    if behaviour == "print":
        emit(LogText(run.id, "hello from the model\n"))
    elif behaviour == "quit":
        sys.exit("the model wants to end")
    elif behaviour == "exit":
        os._exit(3)
    elif behaviour == "close":
        os.closerange(3, 256)
        time.sleep(3600)
    elif behaviour == "crash":
        print("about to crash", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif behaviour in ("hang", "fork"):
        time.sleep(3600)
