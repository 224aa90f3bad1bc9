"""The entry to training: engines, data that cannot be had, memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hpexp.messages import Finished, Job, LogText, Message, Report, Started, SummaryData
from hpexp.model import DataSpec, Group, Resources, Result, Status
from hpexp.train import compiled, worker
from tests.builders import of_runs
from tests.engines import experiment, runs

pytestmark = pytest.mark.tensorflow

LANES = runs(seed=[0, 1], epochs=[1], batch=["full"])
SPEC = experiment(data="blobs")


def train(**job: Any) -> list[Message]:
    reports: list[Report] = []
    worker.train_job(Job(**{"experiment": SPEC, "group": Group(0, "fit", LANES), **job}), reports.append)
    return of_runs(reports)


def results(messages: list[Message]) -> dict[str, Result]:
    return {m.run_id: m.result for m in messages if isinstance(m, Finished)}


def test_data_that_cannot_be_had_fail_every_run() -> None:
    spec = replace(SPEC, data=DataSpec("npz", "/nowhere.npz"))
    messages = train(experiment=spec)
    assert [type(m) for m in messages] == [Started, Finished, Started, Finished]
    for result in results(messages).values():
        assert result.status is Status.FAILED
        assert result.error == "there is no /nowhere.npz"


@pytest.mark.parametrize("error", [compiled.NotCompilable("too odd"), ValueError("broken")])
def test_what_cannot_be_compiled_goes_through_fit(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def train_group(job: Job, arrays: object, emit: Callable[[Message], None]) -> None:
        emit(Started("r0", 0.0))
        emit(Finished("r0", Result(Status.DONE, engine="compiled")))
        emit(Started("r1", 0.0))
        raise error

    monkeypatch.setattr(compiled, "train_group", train_group)
    messages = train(group=Group(0, "compiled", LANES))
    ends = [m for m in messages if isinstance(m, Finished)]
    assert [(m.run_id, m.result.engine, m.result.status) for m in ends] == [
        ("r0", "compiled", Status.DONE),
        ("r1", "fit", Status.DONE),
    ]
    (note,) = [m for m in messages if isinstance(m, LogText)]
    assert note.run_id == "r1"
    assert str(error) in note.text


def test_a_compiled_group_tells_devices_and_graph() -> None:
    messages = train(group=Group(0, "compiled", LANES), graph_for=frozenset({"r0"}))
    kinds = [type(m).__name__ for m in messages if m.run_id == "r0"]
    assert kinds == ["Started", "SummaryData", "EpochEnd", "Finished"]
    assert [m.kind for m in messages if isinstance(m, SummaryData)] == ["graph"]
    for result in results(messages).values():
        assert result.engine == "compiled"
        assert result.devices


def test_jobs_of_one_experiment_load_their_data_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[tuple[DataSpec, bool]] = []
    open_data = worker.open_data

    def counted(spec: DataSpec, resources: Resources, *, smoke: bool) -> Any:
        loads.append((spec, smoke))
        return open_data(spec, resources, smoke=smoke)

    monkeypatch.setattr(worker, "open_data", counted)
    monkeypatch.setattr(worker, "_opened", {})
    smoke = replace(SPEC, smoke=True)
    for spec in (SPEC, SPEC, smoke):
        train(experiment=spec, group=Group(0, "fit", LANES[:1]))
    assert [flag for _, flag in loads] == [False, True]
