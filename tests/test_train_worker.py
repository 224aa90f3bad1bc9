"""The entry to training: engines, data that cannot be had, memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpexp.messages import DataFound, DataWrong, Finished, Job, LogText, Message, Report, Started, SummaryData
from hpexp.model import DataSpec, Group, Resources, Result, Run, Status
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


WRONG = [
    ("X * np.nan, Y", "example 0 holds NaN or infinity"),
    ("np.where(X > 88, np.inf, X), Y", "example 89 holds NaN or infinity"),
    ("X * 1e38, Y", "too large for float32"),
    ("X, Y * 0", "there is only one class, 0"),
    ("X, np.ones((90, 3, 2))", "the target has shape (90, 3, 2)"),
    ("X[:, :0], Y", "which holds no inputs"),
    ("X[:0], Y[:0]", "there are no examples"),
    ("X, Y[:30]", "x has shape (90, 2) and y (30,)"),
    ("X[:2], Y[:2]", "2 examples are too few"),
    ("X", "must be a pair (x, y), not ndarray"),
]


@pytest.mark.parametrize(("returned", "message"), WRONG)
@pytest.mark.parametrize("lanes", [LANES, ()], ids=["to train", "to look at"])
def test_wrong_data_are_told_and_nothing_else(
    returned: str, message: str, lanes: tuple[Run, ...], tmp_path: Path
) -> None:
    module = f"wrong_{abs(hash((str(tmp_path), returned)))}"
    (tmp_path / f"{module}.py").write_text(
        "import numpy as np\nX = np.stack([np.arange(90.0)] * 2, 1)\nY = np.arange(90) % 2\n"
        f"def data():\n    return {returned}\n"
    )
    data = DataSpec("python", f"{module}:data", folder=str(tmp_path))
    (found,) = train(experiment=replace(SPEC, data=data), group=Group(0, "fit", lanes))
    assert isinstance(found, DataWrong)
    assert message in found.message
    assert found.run_id == ("r0" if lanes else "")


def test_files_that_are_gone_are_wrong_data() -> None:
    (found,) = train(experiment=replace(SPEC, data=DataSpec("npz", "/nowhere.npz")))
    assert found == DataWrong("r0", "there is no /nowhere.npz")


def test_what_a_data_function_raises_fails_its_runs(tmp_path: Path) -> None:
    (tmp_path / "raising_data.py").write_text("def data():\n    return 1 / 0\n")
    spec = replace(SPEC, data=DataSpec("python", "raising_data:data", folder=str(tmp_path)))
    messages = train(experiment=spec)
    assert [type(m) for m in messages] == [Started, Finished, Started, Finished]
    for result in results(messages).values():
        assert result.status is Status.FAILED
        assert str(result.error).startswith("ZeroDivisionError: division by zero")
        assert "return 1 / 0" in str(result.traceback)
    assert not train(experiment=spec, group=Group(0, "fit", ()))


def test_a_job_without_runs_tells_of_the_data() -> None:
    reports: list[Report] = []
    worker.train_job(Job(SPEC, Group(0, "fit", ())), reports.append)
    (_, found) = reports
    assert isinstance(found, DataFound)
    assert (found.run_id, found.shape) == ("", (2,))


@pytest.mark.parametrize("error", ["too odd", ValueError("broken")])
def test_what_cannot_be_compiled_goes_through_fit(
    error: str | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train_group(job: Job, arrays: object, emit: Callable[[Message], None]) -> dict[str, str]:
        emit(Started("r0", 0.0))
        emit(Finished("r0", Result(Status.DONE, engine="compiled")))
        if isinstance(error, str):
            return {"r1": error}
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
    assert kinds == ["Started", "SummaryData", "Together", "EpochEnd", "Finished"]
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
