"""Training one cohort from its first epoch to its last: who is best, who stops, who diverged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hpexp.dataloss import ranked_by
from hpexp.failures import failure
from hpexp.messages import EpochEnd, Finished, Message, Started, SummaryData, Together
from hpexp.model import Divergence, EarlyStopping, Experiment, Program, Result, Status
from hpexp.train.compiled.checkpoints import Checkpoints
from hpexp.train.compiled.cohort import Cohort
from hpexp.train.compiled.program import NEVER, Outcome
from hpexp.train.compiled.stopping import Best, Flags
from hpexp.train.compiled.table import Lane
from hpexp.train.start import threads
from hpexp.train.summaries import histograms
from hpexp.train.watch import describe

COMPACTION_SECONDS = 2.0
"""Time that leaving finished lanes behind must save; tracing and compiling anew costs about this much."""

WHAT = ("loss", "gradient", "weight")

TestScores = Callable[[Cohort, Any, NDArray[np.int64]], list[dict[str, float]]]
"""Cohort, its weights and lanes -> each lane's metrics on the test split."""

KeepModel = Callable[[Lane, list[Any]], None]
"""What is done with the weights and other values that a lane ends with."""


class Training:
    """What is known of a cohort's lanes; `run` trains them all to their ends."""

    def __init__(
        self,
        experiment: Experiment,
        cohort: Cohort,
        emit: Callable[[Message], None],
        score_test: TestScores,
        keep: KeepModel | None,
        checkpoints: Checkpoints,
        repeated: Program | None = None,
    ) -> None:
        """`repeated` is the program that this one is to repeat to the last bit."""
        lanes = len(cohort.lanes)
        self._experiment = experiment
        self._cohort = cohort
        self._emit = emit
        self._score_test = score_test
        self._keep = keep
        self._checkpoints = checkpoints
        self._names = cohort.layout.told.names
        self._repeated = repeated
        self._program = Program(tuple(lane.run.id for lane in cohort.lanes), threads(), cohort.layout.xla)
        self._rule = self._known_rule(experiment.early_stopping)
        rule = self._rule
        self._stopping = Best.of(lanes, rule.mode, rule.min_delta) if rule else None
        self._restores = experiment.objective.restores
        objective = experiment.objective
        self._ranking = Best.of(lanes, objective.mode)
        self._epochs = np.array([lane.epochs for lane in cohort.lanes])
        self._active: Flags = np.ones(lanes, bool)
        self._seconds = np.zeros(lanes)
        self._best_logs = np.full((lanes, len(self._names)), np.nan)
        self._kept: Any = None

    def _known_rule(self, rule: EarlyStopping | None) -> EarlyStopping | None:
        """Early stopping on a metric that there is none of never stops, as in Keras."""
        return rule if rule is not None and rule.monitor in self._names else None

    def run(self, done: int = 0, first: Outcome | None = None) -> None:
        """Train until every lane has ended; messages stream out epoch by epoch.

        All lanes go on after `done` epochs. `first` is the outcome of the next one where that
        has been trained already.
        """
        now = time.time()
        for lane in self._cohort.lanes:
            self._emit(Started(lane.run.id, now))
        if done:
            self._program = replace(self._program, resumed=True)
            self._resume(done)
        self._tell_program()
        epoch = done
        while self._active.any():
            began = time.perf_counter()
            outcome, first = first or self._cohort.train(epoch), None
            self._take_in(epoch, outcome, began)
            if self._checkpoints.due(epoch) and self._active.any():
                self._save()
            epoch += 1
            self._compact(epoch, time.perf_counter() - began)

    def _resume(self, done: int) -> None:
        """Take in what the lanes told in their first `done` epochs, and tell it again."""
        progress = [self._checkpoints.resume(lane, self._emit) for lane in self._cohort.lanes]
        self._seconds[:] = [lane.seconds for lane in progress]
        for epoch in range(done):
            rows = [[lane.epochs[epoch].logs[name] for name in self._names] for lane in progress]
            self._judge(epoch, np.array(rows), self._active)
        if self._restores:
            stacks = zip(*(lane.best_weights or () for lane in progress), strict=True)
            self._kept = [tf.Variable(np.stack(values), trainable=False) for values in stacks]

    def _save(self) -> None:
        kept = None if self._kept is None else [value.numpy() for value in self._kept]
        active, snapshot = np.flatnonzero(self._active), self._cohort.snapshot()
        wrong = self._checkpoints.save(self._cohort.lanes, active, snapshot, kept, self._seconds)
        for index, error in wrong.items():
            self._fail(index, error)

    def _take_in(self, epoch: int, outcome: Outcome, began: float) -> None:
        logs = outcome.scores.astype(np.float64)
        diverged = self._active & (outcome.trouble != NEVER)
        healthy = self._active & ~diverged
        self._report(epoch, logs, outcome.rate, healthy)
        best, stopped = self._judge(epoch, logs, healthy)
        ended = (healthy & (self._epochs == epoch + 1)) | stopped
        if self._restores and best.any():
            self._kept = self._cohort.keep_where(self._kept, best)
        self._seconds[self._active] += (time.perf_counter() - began) / self._active.sum()
        self._finish(epoch, ended, stopped)
        for index in np.flatnonzero(diverged):
            self._diverge(epoch, int(index), int(outcome.trouble[index]))
        self._active &= ~ended & ~diverged

    def _judge(self, epoch: int, logs: NDArray[np.float64], healthy: Flags) -> tuple[Flags, Flags]:
        """Whose epoch is the one to be taken so far, and who stops.

        That is the last; or the best by early stopping's metric, else by the objective.
        """
        stopped = np.zeros_like(healthy)
        if self._stopping is not None:
            assert self._rule is not None
            monitored = logs[:, self._column(self._rule.monitor)]
            improved = self._stopping.see(epoch, monitored, healthy)
            stopped = self._stopping.out_of_patience(epoch, self._rule, healthy, improved)
        if not self._restores:
            self._ranking.epoch[healthy], best = epoch, healthy
        elif self._stopping is not None:
            self._ranking, best = self._stopping, improved
        else:
            best = self._ranking.see(epoch, logs[:, self._objective_column()], healthy)
        self._best_logs[best] = logs[best]
        return best, stopped

    def _objective_column(self) -> int:
        metric = self._experiment.objective.metric
        return self._column(metric if metric in self._names else "loss")

    def _column(self, metric: str) -> int:
        """Where a metric stands in the logs; of a loss the data's own."""
        return self._names.index(ranked_by(metric, self._names))

    def _report(self, epoch: int, logs: NDArray[Any], rates: NDArray[Any], lanes: Flags) -> None:
        now, names = time.time(), [*self._names, "learning_rate"]
        rows = np.column_stack([logs, rates])
        for index, row in zip(np.flatnonzero(lanes).tolist(), rows[lanes].tolist(), strict=True):
            run = self._cohort.lanes[index].run
            self._tell(EpochEnd(run.id, epoch, dict(zip(names, row, strict=True)), now))
        period = self._experiment.tensorboard.histograms
        if period and (epoch + 1) % period == 0:
            weights = self._cohort.weights()
            for index in np.flatnonzero(lanes).tolist():
                data = histograms((name, values[index]) for name, values in weights)
                self._tell(SummaryData(self._cohort.lanes[index].run.id, epoch, "summary", data))

    def _tell(self, message: EpochEnd | SummaryData) -> None:
        self._checkpoints.take(message)
        self._emit(message)

    def _end(self, index: int, result: Result) -> None:
        lane = self._cohort.lanes[index]
        self._checkpoints.forget(lane)
        self._emit(Finished(lane.run.id, result))

    def _fail(self, index: int, error: OSError) -> None:
        """A lane's file could not be written, of a full disk say; the other lanes go on."""
        self._active[index] = False
        self._emit(Finished(self._cohort.lanes[index].run.id, failure(error)))

    def _finish(self, epoch: int, ended: Flags, stopped: Flags) -> None:
        indices = np.flatnonzero(ended)
        if not indices.size:
            return
        weights = self._kept if self._restores else self._cohort.values()
        tests = self._score_test(self._cohort, weights, indices)
        for index, test in zip(indices.tolist(), tests, strict=True):
            if self._keep is not None:
                try:
                    self._keep(self._cohort.lanes[index], [value[index].numpy() for value in weights])
                except OSError as error:
                    self._fail(index, error)
                    continue
            result = Result(
                status=Status.STOPPED if stopped[index] else Status.DONE,
                epochs=epoch + 1,
                **self._so_far(index),
                test=test,
            )
            self._end(index, result)

    def _diverge(self, epoch: int, index: int, trouble: int) -> None:
        step, what = divmod(trouble, len(WHAT))
        divergence = Divergence(epoch, step, WHAT[what])  # type: ignore[arg-type]
        result = Result(
            status=Status.DIVERGED,
            epochs=epoch,
            **self._so_far(index),
            error=describe(divergence),
            divergence=divergence,
        )
        self._end(index, result)

    def _so_far(self, index: int) -> dict[str, Any]:
        best = int(self._ranking.epoch[index])
        return {
            "best_epoch": best if best >= 0 else None,
            "metrics": dict(zip(self._names, self._best_logs[index].tolist(), strict=True))
            if best >= 0
            else {},
            "seconds": float(self._seconds[index]),
            "engine": "compiled",
        }

    def _compact(self, epoch: int, seconds: float) -> None:
        """Leave finished lanes behind where the time that saves repays compiling anew."""
        active = np.flatnonzero(self._active)
        lanes = len(self._active)
        if not active.size or active.size > lanes / 2:
            return
        left = int(self._epochs[active].max()) - epoch
        pays = left * seconds * (1 - active.size / lanes) >= COMPACTION_SECONDS
        if not (pays if self._repeated is None else epoch in self._repeated.left):
            return
        seeds = {self._cohort.lanes[index].run.seed for index in active}
        layout = replace(self._cohort.layout, lanes=active.size, seeds=len(seeds))
        self._cohort = self._cohort.select(active, layout)
        for best in ("_stopping", "_ranking"):
            tracked = getattr(self, best)
            setattr(self, best, tracked and tracked.select(active))
        self._epochs, self._seconds = self._epochs[active], self._seconds[active]
        self._best_logs, self._active = self._best_logs[active], self._active[active]
        if self._kept is not None:
            self._kept = self._cohort.taken(self._kept, active)
        self._program = replace(self._program, left=(*self._program.left, epoch))
        self._tell_program()

    def _tell_program(self) -> None:
        runs = tuple(lane.run.id for lane in self._cohort.lanes)
        self._emit(Together(runs[0], runs, self._program))
