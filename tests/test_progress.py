"""What a person sees while runs train."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hpexp.messages import EpochEnd
from hpexp.model import Objective, Result, Run, Status
from hpexp.progress import LiveView, PlainView, QuietView, view_for
from tests.builders import a_run

OBJECTIVE = Objective("val_accuracy", "max")
RUNS = [a_run(seed, learning_rate=rate, optimizer="sgd") for rate in (0.01, 0.1) for seed in (0, 1)]


def console(width: int = 80, *, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, height=24)


def printed(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def row(run: Run, epoch: int, accuracy: float) -> EpochEnd:
    return EpochEnd(run.id, epoch, {"loss": 1.5, "val_accuracy": accuracy}, 0.0)


def done(accuracy: float) -> Result:
    return Result(Status.DONE, 3, 2, {"val_accuracy": accuracy})


def test_a_pipe_gets_plain_lines_and_a_terminal_a_table() -> None:
    assert isinstance(view_for(console(), quiet=False), PlainView)
    assert isinstance(view_for(console(terminal=True), quiet=False), LiveView)
    assert type(view_for(console(terminal=True), quiet=True)) is QuietView


def test_plain_lines_share_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    target = console()
    view = PlainView(target)
    view.open("toy", RUNS, OBJECTIVE, skipped=2)
    time = [100.0]
    view.standing.now = lambda: time[0]
    for run in RUNS:
        view.started(run)
        view.finished(run, done(0.5 + run.seed / 10))
        time[0] += 0.4
    lines = printed(target).splitlines()
    assert lines[0] == "toy: 4 runs to train, 2 done before"
    assert [line.partition("]")[0] for line in lines[1:]] == ["[1/4", "[4/4"]
    assert "(best 0.6)" in lines[-1]


def test_a_single_run_is_one_run() -> None:
    target = console()
    PlainView(target).open("toy", RUNS[:1], OBJECTIVE, skipped=0)
    assert printed(target) == "toy: 1 run to train\n"


@pytest.mark.parametrize("width", [80, 140])
def test_the_live_table_fits_and_keeps_every_value(width: int) -> None:
    target = console(width, terminal=True)
    view = LiveView(target)
    QuietView.open(view, "toy", RUNS, OBJECTIVE, 0)
    view._opened = 0.0
    for run in RUNS[:2]:
        view.started(run)
        view.epoch(run, row(run, 1, 0.75))
    view.finished(RUNS[0], done(0.9))
    target.print(view)
    lines = printed(target).splitlines()
    assert max(map(len, lines)) <= width
    assert "1/4 runs" in lines[0]
    assert "best val_accuracy 0.9" in lines[1]
    assert "learning_rate=0.01" in lines[1]
    assert lines[-1].split() == ["0.01", "sgd", "1", "2/3", "1.5", "0.75"]


def test_many_axes_leave_the_values_readable() -> None:
    axes = dict.fromkeys(("learning_rate", "momentum", "weight_decay", "dropout", "l2"), 0.001)
    run = a_run(7, **axes)
    target = console(80, terminal=True)
    view = LiveView(target)
    QuietView.open(view, "toy", [run], OBJECTIVE, 0)
    view._opened = 0.0
    view.started(run)
    view.epoch(run, row(run, 0, 0.75))
    target.print(view)
    assert printed(target).splitlines()[-1].split() == [*["0.001"] * 5, "7", "1/3", "1.5", "0.75"]


def test_failures_are_said_at_once_even_when_quiet() -> None:
    target = console()
    view = QuietView(target)
    view.open("toy", RUNS, OBJECTIVE, 0)
    view.started(RUNS[0])
    view.finished(RUNS[0], Result(Status.FAILED, error="ValueError: no"))
    assert printed(target) == "failed: learning_rate=0.01,optimizer=sgd,seed=0: ValueError: no\n"
