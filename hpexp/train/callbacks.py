"""What happens between the epochs of `keras.Model.fit`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from hpexp import model as words
from hpexp.dataloss import ranked_by
from hpexp.messages import EpochEnd, Message, SummaryData
from hpexp.train.checkpoint import Checkpoint, Progress
from hpexp.train.pipeline import Batches
from hpexp.train.schedules import Schedule
from hpexp.train.summaries import histograms

Logs = Mapping[str, float]


class Order(keras.callbacks.Callback):
    """Sets the order of the examples before each epoch."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._batches.start_epoch(epoch)


class Reporter(keras.callbacks.Callback):
    """Tells each epoch's numbers, and histograms every so many epochs (0 for never)."""

    def __init__(
        self, run_id: str, emit: Callable[[Message], None], progress: Progress, histogram_period: int
    ) -> None:
        super().__init__()
        self._run_id = run_id
        self._emit = emit
        self._progress = progress
        self._period = histogram_period

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        numbers["learning_rate"] = learning_rate_used(self.model.optimizer)
        row = EpochEnd(self._run_id, epoch, numbers, time.time())
        self._progress.epochs.append(row)
        self._emit(row)
        if self._period and (epoch + 1) % self._period == 0:
            weights = [(variable.path, variable.numpy()) for variable in self.model.trainable_variables]
            summary = SummaryData(self._run_id, epoch, "summary", histograms(weights))
            self._progress.summaries.append(summary)
            self._emit(summary)


class Stopping(keras.callbacks.EarlyStopping):
    """keras.callbacks.EarlyStopping that can go on where a checkpoint left off."""

    def __init__(self, rule: words.EarlyStopping, monitor: str, progress: Progress, restores: bool) -> None:
        """`monitor` is the metric watched: the data's own loss where the rule names Keras's."""
        super().__init__(
            monitor=monitor,
            min_delta=rule.min_delta,
            patience=rule.patience,
            mode=rule.mode,
            restore_best_weights=restores,
        )
        self._progress = progress

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        for name, value in self._progress.stopping.items():
            setattr(self, name, value)
        self.best_weights = self._progress.best_weights

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        best = None if self.best is None else float(self.best)
        self._progress.stopping = {
            "wait": self.wait,
            "best": best,
            "best_epoch": self.best_epoch,
            "stopped_epoch": self.stopped_epoch,
        }
        self._progress.best_weights = self.best_weights

    @property
    def stopped(self) -> bool:
        return bool(self.stopped_epoch > 0)


class BestWeights(keras.callbacks.Callback):
    """Leaves the model with the weights of the objective's best epoch, whose metrics are the run's."""

    def __init__(self, objective: words.Objective, progress: Progress) -> None:
        super().__init__()
        self._objective = objective
        self._progress = progress

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if best_epoch(self._progress.epochs, self._objective) == epoch:
            self._progress.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._progress.best_weights is not None:
            self.model.set_weights(self._progress.best_weights)


def best_epoch(epochs: Sequence[EpochEnd], objective: words.Objective) -> int:
    """The first of the best epochs by the objective; by the loss where there is no such metric.

    A loss is that of the data alone.
    """
    told = epochs[0].logs
    name = ranked_by(objective.metric if objective.metric in told else "loss", told)
    best = 0
    for index, epoch in enumerate(epochs):
        if objective.better(epoch.logs[name], epochs[best].logs[name]):
            best = index
    return best


class Saver(keras.callbacks.Callback):
    """Saves a checkpoint every so many epochs; the last of the callbacks, so that all have had their say."""

    def __init__(
        self, checkpoint: Checkpoint, progress: Progress, period: int, seconds: Callable[[], float]
    ) -> None:
        super().__init__()
        self._checkpoint = checkpoint
        self._progress = progress
        self._period = period
        self._seconds = seconds

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if (epoch + 1) % self._period == 0:
            self._progress.seconds = self._seconds()
            self._checkpoint.save(self.model, self._progress)


def learning_rate_used(optimizer: Any) -> float:
    """The learning rate of the last update."""
    rate = optimizer._learning_rate  # the public property is the next update's
    if isinstance(rate, Schedule):
        return float(rate(optimizer.iterations.numpy() - 1))
    return float(optimizer.learning_rate.numpy())
