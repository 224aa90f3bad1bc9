from __future__ import annotations

import math

from hpexp.messages import EpochEnd
from hpexp.model import Objective, Result, Status
from hpexp.standing import Standing, label
from hpexp.text import clock
from tests.builders import a_run


def standing(epochs_total: int = 20) -> Standing:
    return Standing("toy", 2, Objective("val_accuracy", "max"), epochs_total, now=lambda: 0.0)


def done(value: float, status: Status = Status.DONE) -> Result:
    return Result(status, 10, 9, {"val_accuracy": value})


def test_the_best_is_by_the_objective_and_never_a_diverged_run() -> None:
    state = standing()
    runs = [a_run(seed, epochs=10) for seed in range(4)]
    for run in runs:
        state.start(run)
    assert state.finish(runs[0], done(0.8))
    assert not state.finish(runs[1], done(0.7))
    assert not state.finish(runs[2], done(0.99, Status.DIVERGED))
    assert not state.finish(runs[3], Result(Status.FAILED))
    assert state.best == (0.8, runs[0])
    assert not standing().finish(runs[0], done(math.nan))
    assert state.done == 4
    assert not state.running


def test_time_left_counts_epochs_and_early_stopping() -> None:
    time = [0.0]
    state = Standing("toy", 2, Objective("val_accuracy", "max"), 20, now=lambda: time[0])
    first, second = a_run(0, epochs=10), a_run(1, epochs=10)
    assert state.seconds_left() is None
    state.start(first)
    time[0] = 5.0
    for epoch in range(5):
        state.advance(first, EpochEnd(first.id, epoch, {}, 0))
    assert state.seconds_left() == 15.0
    state.finish(first, done(0.5, Status.STOPPED))
    assert state.seconds_left() == 5.0, "the epochs that early stopping saved count as done"
    state.start(second)


def test_clock_and_label_read_well() -> None:
    assert [clock(None), clock(5), clock(65), clock(3665)] == ["-:--", "0:05", "1:05", "1:01:05"]
    assert label(a_run(3, learning_rate=0.1)) == "learning_rate=0.1,seed=3"
