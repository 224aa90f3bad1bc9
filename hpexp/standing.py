"""Where an experiment stands while it runs: counts, the best run so far, the time left."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hpexp.dataloss import ranked_by
from hpexp.messages import EpochEnd
from hpexp.model import Objective, Result, Run, Status
from hpexp.text import short


@dataclass
class Standing:
    """Where an experiment stands: counts, the best run so far, the time left."""

    experiment: str
    total: int
    objective: Objective
    epochs_total: int
    now: Callable[[], float] = time.monotonic
    counts: Counter[Status] = field(default_factory=Counter)
    best: tuple[float, Run] | None = None
    running: dict[str, tuple[Run, EpochEnd | None]] = field(default_factory=dict)
    epochs_done: int = 0
    first_start: float | None = None

    @property
    def done(self) -> int:
        return sum(self.counts.values())

    def start(self, run: Run) -> None:
        if self.first_start is None:
            self.first_start = self.now()
        self.running[run.id] = (run, None)

    def advance(self, run: Run, row: EpochEnd) -> None:
        self.epochs_done += 1
        self.running[run.id] = (run, row)

    def finish(self, run: Run, result: Result) -> bool:
        """Count a result; returns whether it is the best so far."""
        _, last = self.running.pop(run.id, (run, None))
        # A run that stopped early will not use the rest of its epochs.
        self.epochs_done += epochs_of(run) - (last.epoch + 1 if last else 0)
        self.counts[result.status] += 1
        value = result.metrics.get(ranked_by(self.objective.metric, result.metrics))
        if value is None or math.isnan(value) or not result.status.ranked:
            return False
        if self.best is None or self.objective.better(value, self.best[0]):
            self.best = (value, run)
            return True
        return False

    def seconds_left(self) -> float | None:
        """From the share of epochs done since training began; None before the first."""
        if self.first_start is None or self.epochs_done <= 0:
            return None
        elapsed = self.now() - self.first_start
        return elapsed * max(0, self.epochs_total - self.epochs_done) / self.epochs_done


def epochs_of(run: Run) -> int:
    """Epochs the run may take."""
    epochs = run.params["epochs"]
    assert isinstance(epochs, int)
    return epochs


def label(run: Run) -> str:
    """A run in few words: what it varies, or its name where it varies nothing."""
    return run.name.rpartition("-")[0] or run.name


def short_label(run: Run) -> str:
    """The values of what a run varies, without their names: `0.01 sgd full, seed 0`."""
    repeat = f", split {run.repeat}" if run.repeat else ""
    values = " ".join(short(value) for value in run.axes.values())
    return f"{values}, seed {run.seed}{repeat}".removeprefix(", ")
