"""The story of `hpexp run`, where it goes wrong."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hpexp.appending import append
from hpexp.errors import EXIT_USAGE, ConfigError, StoreError
from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.messages import DataFound, DataWrong, Job, Report
from hpexp.model import DataSpec, DataSummary, Experiment, Limits, Run, Status
from hpexp.paths import LogsFolder
from hpexp.progress import QuietView
from hpexp.run import RunOptions, run
from hpexp.summary import exit_code
from tests.builders import a_plan, a_run, an_experiment
from tests.test_progress import console


class BreakingView(QuietView):
    """Makes the logs impossible to write once the first run has started."""

    def __init__(self, logs: Path) -> None:
        super().__init__(console())
        self._logs = logs
        self.closed = False

    def started(self, run: Run) -> None:
        super().started(run)
        shutil.rmtree(self._logs / run.experiment)
        (self._logs / run.experiment).write_text("a file where the folder should be")

    def close(self) -> None:
        self.closed = True


def test_the_view_is_closed_where_the_logs_cannot_be_written(tmp_path: Path) -> None:
    view = BreakingView(tmp_path)
    options = RunOptions(logs=tmp_path, command=("hpexp", "run", "toy.yaml"))
    with pytest.raises(StoreError, match="toy"):
        run([a_plan(an_experiment(), a_run())], options, view, InlineBackend(train_job))
    assert view.closed


@pytest.mark.parametrize(("writes", "status"), [(1, Status.DONE), (100, Status.FAILED)])
def test_a_run_that_met_a_full_disk_has_its_retries(
    writes: int, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = writes

    def full(path: Path, data: bytes) -> None:
        nonlocal left
        if left:
            left -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        append(path, data)

    monkeypatch.setattr("hpexp.appending.append", full)
    options = RunOptions(logs=tmp_path, command=("hpexp", "run", "toy.yaml"))
    plan = a_plan(an_experiment(limits=Limits(retries=1)), a_run())
    view = QuietView(console())
    (outcome,) = run([plan], options, view, InlineBackend(train_job))
    assert [result.status for result in outcome.results.values()] == [status]
    assert not LogsFolder(tmp_path).reserve.exists()


def own_data(name: str) -> Experiment:
    text = f"name: {name}\nmodel: mlp\ndata: {{python: m:f}}\n"
    return replace(an_experiment(name), text=text, data=DataSpec("python", "m:f"))


class Worker:
    """Trains as the fake does; `wrong` are the experiments whose data are wrong, at a look or later."""

    def __init__(self, *wrong: str, late: bool = False) -> None:
        self._wrong, self._late = wrong, late
        self.looked: list[str] = []

    def __call__(self, job: Job, emit: Callable[[Report], None]) -> None:
        experiment, runs = job.experiment, job.group.runs
        if not runs:
            self.looked.append(experiment.name)
        if experiment.name in self._wrong and bool(runs) == self._late:
            emit(DataWrong(runs[0].id if runs else "", "m:f: example 3 holds NaN\nor infinity", "drop it"))
        elif runs:
            train_job(job, emit)
        else:
            summary = DataSummary("classification", {"train": 3})
            emit(DataFound("", summary, (2,), ("the target: assumed",)))


def test_wrong_data_end_the_command_before_anything_is_written(tmp_path: Path) -> None:
    logs, worker = tmp_path / "logs", Worker("bad")
    plans = [a_plan(own_data("good"), a_run(experiment="good")), a_plan(own_data("bad"), a_run())]
    with pytest.raises(ConfigError) as raised:
        run(plans, RunOptions(logs=logs), QuietView(console()), InlineBackend(worker))
    assert str(raised.value) == "bad.yaml:3:7: data: m:f: example 3 holds NaN or infinity"
    assert (raised.value.hint, raised.value.exit_code) == ("drop it", EXIT_USAGE)
    assert not logs.exists()


def test_data_that_turn_out_wrong_end_their_experiment_alone(tmp_path: Path) -> None:
    worker = Worker("bad", late=True)
    runs = [a_run(seed, "bad") for seed in range(3)]
    plans = [a_plan(own_data("bad"), *runs), a_plan(own_data("good"), a_run(experiment="good"))]
    bad, good = run(plans, RunOptions(logs=tmp_path), QuietView(console()), InlineBackend(worker))
    assert "bad.yaml:3:7: data: m:f: example 3" in str(bad.wrong)
    assert not bad.results
    assert (good.wrong, good.counts) == (None, {Status.DONE: 1})
    assert exit_code([bad, good]) == EXIT_USAGE


class Sized(InlineBackend):
    """Notes what is asked of it before the first job, which decides a worker's threads."""

    def __init__(self) -> None:
        super().__init__(Worker())
        self.asked: list[str] = []

    def resize(self, workers: int) -> None:
        self.asked.append(f"resize {workers}")

    def warm(self, workers: int = 1) -> None:
        self.asked.append(f"warm {workers}")

    def submit(self, job: Job) -> None:
        self.asked.append("train" if job.group.runs else "look")
        super().submit(job)


def test_workers_are_counted_and_started_before_data_are_looked_at(tmp_path: Path) -> None:
    plan = a_plan(own_data("own"), *[a_run(seed, "own") for seed in range(3)])
    backend = Sized()
    run([plan], RunOptions(logs=tmp_path, jobs=5), QuietView(console()), backend)
    assert backend.asked == ["resize 5", "warm 3", "look", "resize 5", *["train"] * 3]


def test_data_are_looked_at_where_something_is_to_be_trained(tmp_path: Path) -> None:
    worker, view = Worker(), QuietView(console())
    plans = [a_plan(own_data("own"), a_run(experiment="own")), a_plan(an_experiment("named"))]
    (own, _) = run(plans, RunOptions(logs=tmp_path), view, InlineBackend(worker))
    assert worker.looked == ["own"]
    assert own.plan.facts.notes == ("the target: assumed",)
    run(plans, RunOptions(logs=tmp_path), view, InlineBackend(worker))
    assert worker.looked == ["own"]
    run(plans, RunOptions(logs=tmp_path, fresh=True), view, InlineBackend(worker))
    assert worker.looked == ["own", "own"]
