"""Runs on other data than their experiment's, and data that changed: told, failed or trained anew."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hpexp.execute.fake import train_job
from hpexp.execute.inline import InlineBackend
from hpexp.execute.local import LocalBackend
from hpexp.messages import DataFound, Finished, Job, Message
from hpexp.model import DataSpec, DataSummary, Group, Limits, Plan, Status
from hpexp.paths import LogsFolder
from hpexp.progress import PlainView
from hpexp.reads import read_file
from hpexp.rerun import repeat
from hpexp.results import Query, print_results
from hpexp.run import Outcome, RunOptions, load_plans, run
from hpexp.samedata import files_note
from hpexp.store import Store
from hpexp.summary.facts import load
from tests.builders import a_data_summary, a_plan, a_run, an_experiment
from tests.test_progress import console

Fingerprint = Callable[[int], str]


def a_plan_of(seeds: int) -> Plan:
    spec = DataSpec("python", "own:load")
    return a_plan(replace(an_experiment(), data=spec), *(a_run(seed) for seed in range(seeds)))


class Trainer:
    """Pretends to load data, whose fingerprint is `of(how many jobs have trained)`, and to train on them."""

    def __init__(self, of: Fingerprint, *files: Path) -> None:
        self._of = of
        self._files = files
        self.summary = DataSummary("regression", {})
        self.jobs: list[int] = []
        """How many runs each job had."""

    def __call__(self, job: Job, emit: Callable[[Message], None]) -> None:
        fingerprint = self._of(len([runs for runs in self.jobs if runs]))
        self.jobs.append(len(job.group.runs))
        files = tuple(file for path in self._files if (file := read_file(str(path))))
        first = job.group.runs[0].id if job.group.runs else ""
        emit(DataFound(first, self.summary, fingerprint=fingerprint, files=files))

        def told(message: Message) -> None:
            if isinstance(message, Finished):
                message = replace(message, result=replace(message.result, fingerprint=fingerprint))
            emit(message)

        train_job(job, told)


def train(logs: Path, trainer: Trainer, seeds: int, plan: Plan | None = None) -> tuple[Outcome, str]:
    """How it ended, and what was said."""
    said = console()
    options = RunOptions(logs=logs, command=("hpexp", "run", "toy.yaml"))
    (outcome,) = run([plan or a_plan_of(seeds)], options, PlainView(said), InlineBackend(trainer))
    assert isinstance(said.file, io.StringIO)
    return outcome, said.file.getvalue()


def stored(logs: Path) -> dict[int, tuple[Status, str, int]]:
    store = Store.read(LogsFolder(logs))
    assert store
    with store:
        return {
            each.seed: (each.status, each.fingerprint, len(store.epochs("toy", each.id)))
            for each in store.runs("toy")
        }


def test_a_job_that_gets_other_data_fails_and_says_what_to_do(tmp_path: Path) -> None:
    """What it had told before it was cancelled is not recorded."""
    outcome, _ = train(tmp_path, Trainer(lambda job: "other" if job == 1 else "first"), 3)
    statuses = [outcome.results[a_run(seed).id].status for seed in range(3)]
    assert statuses == [Status.DONE, Status.FAILED, Status.DONE]
    error = outcome.results[a_run(1).id].error or ""
    assert "own:load gave other data" in error
    assert "default_rng(0)" in error
    assert stored(tmp_path) == {
        0: (Status.DONE, "first", 3),
        1: (Status.FAILED, "", 0),
        2: (Status.DONE, "first", 3),
    }


def test_done_runs_are_trained_anew_where_the_data_changed(tmp_path: Path) -> None:
    train(tmp_path, Trainer(lambda job: "old"), 2)
    trainer = Trainer(lambda job: "new")
    outcome, said = train(tmp_path, trainer, 3)
    assert "the data changed since: 2 runs trained before are trained anew" in said
    assert outcome.skipped == 0
    assert len(outcome.results) == 3
    assert set(stored(tmp_path).values()) == {(Status.DONE, "new", 3)}
    again, said = train(tmp_path, Trainer(lambda job: "never asked"), 3)
    assert (again.skipped, again.results, said) == (3, {}, "")


def test_the_same_data_keep_what_is_done(tmp_path: Path) -> None:
    train(tmp_path, Trainer(lambda job: "old"), 2)
    outcome, said = train(tmp_path, Trainer(lambda job: "old"), 3)
    assert (outcome.skipped, len(outcome.results)) == (2, 1)
    assert "anew" not in said


def test_runs_of_which_it_is_not_known_are_kept(tmp_path: Path) -> None:
    train(tmp_path, Trainer(lambda job: ""), 2)
    outcome, _ = train(tmp_path, Trainer(lambda job: "new"), 3)
    assert outcome.skipped == 2


@pytest.mark.parametrize(("now", "anew"), [("old", False), ("new", True)])
def test_a_file_that_changed_has_the_data_loaded_again(tmp_path: Path, now: str, anew: bool) -> None:
    """Where all runs are done, too: a job that trains nothing tells whether the data are others."""
    file = tmp_path / "data.csv"
    file.write_text("1")
    logs = tmp_path / "logs"
    train(logs, Trainer(lambda job: "old", file), 2)
    untouched = Trainer(lambda job: "never asked", file)
    train(logs, untouched, 2)
    assert untouched.jobs == []
    file.write_text("2")
    assert files_note(a_plan_of(2), logs) == f"{file} has changed: run will load the data again"
    trainer = Trainer(lambda job: now, file)
    outcome, said = train(logs, trainer, 2)
    assert f"{file} has changed: own:load loads its data again" in said
    assert trainer.jobs == ([0, 1, 1] if anew else [0])
    assert len(outcome.results) == (2 if anew else 0)
    assert set(stored(logs).values()) == {(Status.DONE, now, 3)}
    assert files_note(a_plan_of(2), logs) == ""
    known = Trainer(lambda job: "never asked", file)
    train(logs, known, 2)
    assert known.jobs == []


def test_what_is_known_of_data_stays_with_the_runs_that_were_trained_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other data, and back again: classes, baselines and files are those of the first."""
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    majorities = (0.6, 0.8)
    logs = tmp_path / "logs"
    first = a_plan_of(2)
    other = a_plan(first.experiment, a_run(0, epochs=4))
    for plan, name, file, majority in zip((first, other), "ab", files, majorities, strict=True):
        file.write_text("1")
        trainer = Trainer(lambda job, name=name: name, file)  # type: ignore[misc]
        trainer.summary = a_data_summary(majority)
        assert len(train(logs, trainer, 0, plan)[0].results) == len(plan.runs)
    again, _ = train(logs, Trainer(lambda job: "never asked"), 2)
    assert again.skipped == 2
    (facts,) = load([again], logs)
    assert facts.data == {0: a_data_summary(0.6)}
    print_results(logs, "toy", Query(), "csv", console(), all_=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sorted(row["baseline"] for row in rows) == ["0.6", "0.6", "0.8"]
    print_results(logs, "toy", Query(), "table", said := console(), all_=True)
    assert isinstance(said.file, io.StringIO)
    assert "baseline" not in said.file.getvalue()
    assert "different data: no baseline holds for all of them" in capsys.readouterr().err
    files[1].write_text("2")
    assert files_note(first, logs) == ""
    files[0].write_text("2")
    assert "a.csv has changed" in files_note(first, logs)
    trainer = Trainer(lambda job: "a", files[0])
    train(logs, trainer, 2)
    assert trainer.jobs == [0]
    assert files_note(first, logs) == ""


def test_what_one_drawing_of_the_split_says_of_the_files_holds_for_all(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("1")
    logs = tmp_path / "logs"
    runs = [replace(a_run(0), repeat=repeat, id=f"of repeat {repeat}") for repeat in range(2)]
    plan = a_plan(a_plan_of(0).experiment, *runs)
    train(logs, Trainer(lambda job: f"drawing {job}", file), 0, plan)
    file.write_text("2")
    for jobs in ([0], []):
        trainer = Trainer(lambda job: "drawing 0", file)
        train(logs, trainer, 0, plan)
        assert trainer.jobs == jobs


def test_a_new_drawing_of_the_split_says_nothing_of_the_files_of_those_before(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("1")
    logs = tmp_path / "logs"
    runs = [replace(a_run(0), repeat=repeat, id=f"of repeat {repeat}") for repeat in range(2)]
    experiment = a_plan_of(0).experiment
    train(logs, Trainer(lambda job: "old 0", file), 0, a_plan(experiment, runs[0]))
    file.write_text("2")
    train(logs, Trainer(lambda job: "new 1", file), 0, a_plan(experiment, *runs))
    trainer = Trainer(lambda job: "new 0", file)
    _, said = train(logs, trainer, 0, a_plan(experiment, *runs))
    assert "the data changed since: 2 runs trained before are trained anew" in said


def test_rerun_says_that_the_data_are_others(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def load(): ...\n")
    (tmp_path / "toy.yaml").write_text("data: {python: 'own:load', task: classification}\nmodel: mlp\n")
    options = RunOptions(logs=tmp_path / "logs", command=("hpexp", "run", "toy.yaml"))
    plans = load_plans([tmp_path / "toy.yaml"], options)
    run(plans, options, PlainView(console()), InlineBackend(Trainer(lambda job: "old")))
    wanted = plans[0].runs[0].id
    same = repeat(wanted, options.logs, InlineBackend(Trainer(lambda job: "old")))
    other = repeat(wanted, options.logs, InlineBackend(Trainer(lambda job: "new")))
    assert same.changes == ()
    assert other.changes == ("the data: they are others than those it was trained on",)
    assert stored(options.logs) == {0: (Status.DONE, "old", 10)}


def test_what_is_done_is_kept_where_the_data_cannot_be_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text("1")
    logs = tmp_path / "logs"
    train(logs, Trainer(lambda job: "old", file), 1)
    file.unlink()
    said = console()
    backend = InlineBackend(lambda job, emit: None)
    run([a_plan_of(1)], RunOptions(logs=logs), PlainView(said), backend)
    assert isinstance(said.file, io.StringIO)
    assert "could not be loaded: what is done is kept" in said.file.getvalue()
    assert stored(logs) == {0: (Status.DONE, "old", 3)}


TRAINER = """\
from dataclasses import replace
from hpexp.execute import fake
from hpexp.messages import DataFound, Finished
from hpexp.model import DataSummary

warm_up = fake.warm_up

def train_job(job, emit):
    # A worker that takes over what another has left gets other data.
    fingerprint = "first" if len(job.group.runs) > 1 else "other"
    emit(DataFound(job.group.runs[0].id, DataSummary("regression", {}), fingerprint=fingerprint))
    def told(message):
        if isinstance(message, Finished):
            message = replace(message, result=replace(message.result, fingerprint=fingerprint))
        emit(message)
        emit.flush()
    return fake.train_job(job, told)
"""


@pytest.mark.parametrize("retries", [0, 1])
def test_what_a_worker_had_ended_stays_where_the_next_one_gets_other_data(
    retries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend takes a job apart when its worker dies; what is refused is never tried again unseen."""
    (tmp_path / "other_data_trainer.py").write_text(TRAINER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    experiment = an_experiment(limits=Limits(retries=retries), behave="exit", unlucky="1")
    runs = tuple(a_run(seed) for seed in range(3))
    plan = replace(a_plan(experiment, *runs), groups=(Group(0, "fit", runs),))
    logs = LogsFolder(tmp_path / "logs")
    with contextlib.closing(LocalBackend("other_data_trainer")) as backend:
        (outcome,) = run([plan], RunOptions(logs=logs.root), PlainView(console()), backend)
    assert outcome.counts == {Status.DONE: 1, Status.FAILED: 2}
    assert stored(logs.root)[0] == (Status.DONE, "first", 3)
    assert list(logs.run("toy", runs[0].name).folder.rglob("events.out.*"))
    for each in runs[1:]:
        assert "digits was read again after it had changed" in str(outcome.results[each.id].error)
        assert "read again after it had changed" in logs.run("toy", each.name).log.read_text()
